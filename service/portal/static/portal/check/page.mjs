// The page "Check it yourself": two files in, answers out, everything computed here. Strangers' text only ever becomes
// text nodes.

import { MAX_BUNDLE_BYTES, Refused, digestOf, parsePins, verifyProof } from "../verifier/assay-proof.mjs";
import { answersOf, refusalOf, summaryOf } from "./explain.mjs";

const byId = (id) => document.getElementById(id);
const form = byId("check-form");
// What is being checked; an answer to an older question is dropped.
let asked = 0;

function element(name, className, ...inside) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...inside);
  return made;
}

function icon(tone) {
  return byId(`icon-${tone}`).content.firstElementChild.cloneNode(true);
}

/** A stranger's text, isolated, with the characters that hide or reorder others shown by their code point. */
function foreign(text) {
  const holder = element("bdi", "foreign");
  for (const character of String(text)) {
    if (/[\p{C}\u2028\u2029\u115f\u1160\u3164\uffa0\u2800]/u.test(character)) {
      const code = character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
      holder.append(element("span", "revealed", `U+${code}`));
    } else {
      holder.append(character);
    }
  }
  holder.normalize();
  return holder;
}

function inUnits(bytes) {
  const units = [bytes === 1 ? "byte" : "bytes", "kB", "MB", "GB", "TB"];
  let value = bytes, step = 0;
  while (value >= 1000 && step < units.length - 1) [value, step] = [value / 1000, step + 1];
  return `${step ? Number(value.toPrecision(3)) : value}\u00a0${units[step]}`;
}

// --- the two files ------------------------------------------------------------------------------------------------

const chosen = { file: null, proof: null };
const isProofName = (name) => name.toLowerCase().endsWith(".assay.json");

function choose(kind, file) {
  chosen[kind] = file;
  byId(`check-${kind}-name`).replaceChildren(...(file ? [foreign(file.name), `, ${inUnits(file.size)}`] : []));
  forget();
}

/** One file goes where it was dropped; several are told apart by the proof's name. */
function take(files, kind) {
  const proof = files.find((file) => isProofName(file.name));
  const other = files.find((file) => file !== proof);
  if (files.length === 1) choose(kind, files[0]);
  else if (proof && other) {
    choose("proof", proof);
    choose("file", other);
  } else complain("Drop the file and its proof, whose name ends in .assay.json, or each into its own field.");
}

for (const kind of ["file", "proof"]) {
  const input = byId(`check-${kind}`);
  input.addEventListener("change", () => choose(kind, input.files[0] ?? null));
  // A reload may bring back what was chosen before.
  if (input.files[0]) choose(kind, input.files[0]);
  const zone = input.closest(".drop");
  for (const event of ["dragenter", "dragover"]) {
    zone.addEventListener(event, (moved) => { moved.preventDefault(); zone.classList.add("over"); });
  }
  for (const event of ["dragleave", "drop"]) zone.addEventListener(event, () => zone.classList.remove("over"));
  zone.addEventListener("drop", (dropped) => {
    dropped.preventDefault();
    const files = [...dropped.dataTransfer.files];
    if (files.length) take(files, kind);
  });
}
for (const event of ["dragover", "drop"]) document.addEventListener(event, (moved) => moved.preventDefault());

// --- checking -----------------------------------------------------------------------------------------------------

const lines = (id) => byId(id).value.split(/[\s]+/u).filter((line) => line !== "");

/** Key names may hold no blanks, so that lines and blanks both part the entries. */
function pins() {
  const [logKey = null, ...more] = lines("check-log-key");
  if (more.length) throw new Refused("log_key_malformed", "Give one log key.");
  return parsePins({
    logKey, blockHashes: lines("check-block-hashes"), witnesses: lines("check-witnesses"), logIds: lines("check-log-ids"),
  });
}

function forget() {
  asked += 1;
  byId("check-problem").replaceChildren();
  byId("check-result").replaceChildren();
  working(null);
}

function complain(sentence) {
  const box = element("div", "problem", icon("bad"), element("p", "", sentence));
  box.setAttribute("role", "alert");
  byId("check-problem").replaceChildren(box);
}

function working(share) {
  byId("check-progress").hidden = share === null;
  byId("check-bar").value = share ?? 0;
  byId("check-button").disabled = share !== null;
}

async function check() {
  forget();
  if (!chosen.file || !chosen.proof) {
    complain(chosen.file ? "Choose the proof as well: the file ending in .assay.json." : "Choose a file first.");
    return;
  }
  const turn = asked, { file, proof } = chosen;
  let digest = null;
  working(0);
  try {
    const known = pins();
    // One byte more than a proof may have, so that the verifier itself refuses it.
    const bytes = new Uint8Array(await proof.slice(0, MAX_BUNDLE_BYTES + 1).arrayBuffer());
    digest = await digestOf(file, (done) => { if (turn === asked) working(done / file.size); });
    const result = await verifyProof(bytes, { file: digest, asset: digest }, known);
    if (turn === asked) show(report(result, digest));
  } catch (error) {
    if (!(error instanceof Refused)) console.warn(error);
    if (turn === asked) show(refusal(refusalOf(error), digest));
  }
  if (turn === asked) working(null);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  check();
});
for (const field of form.querySelectorAll("textarea, input[type=text]")) field.addEventListener("input", forget);

// --- the answer ---------------------------------------------------------------------------------------------------

function show(section) {
  byId("check-result").replaceChildren(section);
  const heading = byId("check-title");
  heading.focus({ preventScroll: true });
  heading.scrollIntoView({ block: "start", behavior: "auto" });
}

function section(summary, ...inside) {
  const title = element("h2", "", summary.word);
  title.id = "check-title";
  title.tabIndex = -1;
  const box = element("div", `summary tone-${summary.tone}`, title, element("p", "", foreign(summary.sentence)));
  if (summary.code) box.append(element("p", "hint", "Code ", element("code", "", summary.code)));
  const made = element("section", "report", box, ...inside);
  made.setAttribute("aria-labelledby", "check-title");
  return made;
}

function facts(list) {
  const made = element("dl", "facts");
  for (const [label, value, kind] of list) {
    if (value === null || value === undefined || value === "") continue;
    const shown = kind === "code" ? element("code", "long", foreign(value)) : foreign(value);
    made.append(element("div", "", element("dt", "", foreign(label)), element("dd", "", shown)));
  }
  return made;
}

function answer({ key, question, tone, word, sentence, meaning, facts: list, notes }) {
  const heading = element("h4", "", question);
  heading.id = `check-${key}-question`;
  const hidden = element("span", "visually-hidden", ` on “${question}”`);
  const more = element("details", "", element("summary", "", "Details", hidden), element("p", "hint", meaning));
  if (list.length) more.append(facts(list));
  const body = element("div", "axis-body", element("p", "answer", icon(tone), element("strong", "", word)), element("p", "", sentence));
  if (notes.length) {
    const items = notes.map((note) => element("li", "", foreign(note.sentence), " ", element("code", "", note.code)));
    body.append(element("ul", "notes", ...items));
  }
  body.append(more);
  const made = element("article", `axis tone-${tone}`, heading, body);
  made.setAttribute("aria-labelledby", heading.id);
  return made;
}

function report(result, digest) {
  const answers = answersOf(result, digest);
  const raw = element("pre", "", JSON.stringify(result, null, 2).replace(/[^\n\x20-\x7e]/g, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`));
  raw.tabIndex = 0;
  raw.setAttribute("role", "region");
  raw.setAttribute("aria-label", "Result as JSON");
  const program = element("details", "", element("summary", "", "The same result for programs (JSON)"), raw);
  return section(
    summaryOf(result),
    element("h3", "visually-hidden", "The answers"),
    element("div", "axes", ...answers.map(answer)),
    element("div", "card facts-card", element("h3", "", "What was checked"), facts(checked(digest)), program),
  );
}

function refusal(summary, digest) {
  return section(summary, element("div", "card facts-card", element("h3", "", "What was checked"), facts(checked(digest))));
}

function checked(digest) {
  return [
    ["File", chosen.file.name], ["Size", inUnits(chosen.file.size)], ["Digest (SHA-256)", digest, "code"],
    ["Proof", chosen.proof.name],
  ];
}

// --- ready --------------------------------------------------------------------------------------------------------

byId("check-insecure").hidden = Boolean(globalThis.crypto?.subtle);
byId("check-scripts").hidden = true;
document.documentElement.classList.add("js");
form.hidden = false;
