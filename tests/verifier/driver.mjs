// Runs many calls of the verifier in one process: a JSON list of {op, …} from standard input, a list of answers back.
// Answers: {value} or {refused: code}; anything else that is thrown ends the process. Bytes travel as base64.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const folder = process.argv[2];
const part = (name) => import(pathToFileURL(`${folder}/${name}.mjs`).href);
const verifier = await import(pathToFileURL(process.argv[3] ?? `${folder}/assay-proof.mjs`).href);
const [bytes, sha, keccak, merkle, tiles, notes, checkpoints, json, leaves, tries, rlp, registries, times, evidences] = await Promise.all(
  ["bytes", "sha256", "keccak256", "merkle", "tiles", "note", "checkpoint", "json", "leaf", "trie", "rlp", "registries", "times", "evidence"].map(part),
);
const raw = (text) => new Uint8Array(Buffer.from(text, "base64"));
const plain = (value) => (value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value);

/** JSON as nested arrays, since a Map has no JSON form and an object would hide what is tested. */
function shown(value) {
  if (value instanceof Map) return ["object", [...value].map(([name, each]) => [name, shown(each)])];
  if (Array.isArray(value)) return ["array", value.map(shown)];
  if (value instanceof json.InexactNumber) return ["inexact"];
  return value;
}

const operations = {
  async verify({ proof, digests, pins, now = null }) {
    return verifier.verifyProof(raw(proof), digests, verifier.parsePins(pins), now);
  },
  inclusion: ({ index, size, leaf, proof, root }) => {
    merkle.verifyInclusion(BigInt(index), BigInt(size), raw(leaf), proof.map(raw), raw(root));
  },
  consistency: ({ size1, size2, root1, root2, proof }) => {
    merkle.verifyConsistency(BigInt(size1), BigInt(size2), raw(root1), raw(root2), proof.map(raw));
  },
  bundle: ({ data, width }) => {
    const hashes = tiles.parseEntries(raw(data), width).map(merkle.leafHash);
    return { tile: plain(bytes.joined(...hashes)), root: plain(merkle.rootOf(hashes)) };
  },
  checkpoint: async ({ note, key }) => {
    const { origin, size, root } = await checkpoints.openCheckpoint(note, notes.parseLogKey(key));
    return { origin, size: String(size), root: plain(root) };
  },
  checkpointText: ({ note }) => {
    const { origin, size, root } = checkpoints.parseCheckpoint(notes.parseNote(note).text);
    return { origin, size: String(size), root: plain(root) };
  },
  keccak: ({ data }) => bytes.toHex(keccak.keccak256(raw(data))),
  sha256: async ({ data, pieces }) => {
    const whole = raw(data), hash = new sha.Sha256();
    let at = 0;
    for (const piece of pieces) {
      hash.update(whole.subarray(at, at + piece));
      at += piece;
    }
    hash.update(whole.subarray(at));
    const own = bytes.toHex(hash.digest());
    const platform = bytes.toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", whole)));
    return { own, platform, file: await verifier.digestOf(new Blob([whole])) };
  },
  json: ({ text }) => shown(json.readJson(text)),
  leaf: ({ data }) => leaves.parseLeaf(raw(data)).kind,
  base64: ({ text }) => plain(bytes.fromBase64(text)),
  time: ({ text }) => times.toSeconds(text),
  trie: ({ root, key, nodes }) => plain(tries.proveInTrie(raw(root), raw(key), nodes.map(raw))),
  rlp: ({ data }) => {
    const spelled = (item) => (Array.isArray(item) ? item.map(spelled) : bytes.toHex(item));
    return spelled(rlp.decodeRlp(raw(data)));
  },
  evidence: ({ anchor, index }) => {
    const { header, account, storage, revocation, block } = anchor.evidence;
    const evidence = { block, header: raw(header), account: account.map(raw), storage: storage.map(raw), revocation: revocation.map(raw) };
    return evidences.checkEvidence({ ...anchor, root: raw(anchor.root), evidence }, index);
  },
  logId: ({ owner, origin }) => evidences.logIdOf(owner, origin),
  registries: () => Object.fromEntries(registries.REGISTRIES),
};

async function answer({ op, ...rest }) {
  try {
    return { value: (await operations[op](rest)) ?? null };
  } catch (error) {
    if (error instanceof verifier.Refused || error.name === "Refused") return { refused: error.code, permanent: error.permanent };
    if (error instanceof SyntaxError || error instanceof rlp.EvidenceFault) return { refused: error.constructor.name };
    if (error instanceof TypeError && ["base64", "time"].includes(op)) return { refused: "TypeError" };
    throw error;
  }
}

const answers = [];
for (const task of JSON.parse(readFileSync(0, "utf8"))) answers.push(await answer(task));
process.stdout.write(JSON.stringify(answers));
