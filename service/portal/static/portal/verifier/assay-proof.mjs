// Assay's proof verifier: this module and its neighbours need WebCrypto and nothing else, and send nothing anywhere.
// It shares the vectors with the Python verifier, not the code (docs/formats/verifier-js.md).

import { checkAnchors } from "./anchoring.mjs";
import { sameBytes, toHex } from "./bytes.mjs";
import { parseBundle } from "./bundle.mjs";
import { openCheckpoint } from "./checkpoint.mjs";
import { checkOpening, parseLeaf } from "./leaf.mjs";
import { leafHash, verifyInclusion } from "./merkle.mjs";
import { cosignedAt, parseLogKey } from "./note.mjs";
import { parsePins } from "./pins.mjs";
import { Refused } from "./refused.mjs";
import { Sha256, sha256 } from "./sha256.mjs";
import { toSeconds } from "./times.mjs";

export { MAX_BUNDLE_BYTES, parseBundle } from "./bundle.mjs";
export { parsePins } from "./pins.mjs";
export { Refused } from "./refused.mjs";

const CLOCK_TOLERANCE = 5 * 60;
const CHUNK = 4 * 1024 * 1024;

/**
 * Check a proof against a file and say what it shows.
 *
 * `proof` is the bundle's bytes. `digests` are hex SHA-256 by role: `file` of the bytes at hand, `asset` (pass the
 * same) to accept the bytes as they were before signing, `claim` and `binding` only of a manifest that was validated
 * over these bytes. `pins` come from `parsePins`. `now` is in milliseconds since 1970, null to ignore the clock.
 *
 * Returns `{result: "verified" | "revoked", registration, matched, leafIndex, leafSha256, logOrigin, logKey, declaredAt,
 * sourceType, checkpointSize, title, mediaType, anchors, witnesses, problems}`; problems are `{code, sentence}`, what a
 * reader must weigh. Throws Refused for all that docs/formats/proof.md refuses, and for nothing else.
 */
export async function verifyProof(proof, digests, pins = parsePins(), now = Date.now()) {
  const bundle = parseBundle(proof);
  const leaf = parseLeaf(bundle.leaf);
  if (leaf.kind !== "attestation") throw new Refused("proof_malformed", "The proof's leaf is no attestation.");
  checkOpening(leaf, bundle.opening.salt, bundle.opening.digests);
  checkStore(bundle);
  const { registration, matched } = matchFile(bundle.opening.digests, digests);
  const key = chooseKey(bundle, pins);
  if (bundle.checkpoint === null) {
    const sentence = "The attestation was not in the log yet: fetch its proof again.";
    throw new Refused("proof_pending", sentence, false);
  }
  const checkpoint = await openCheckpoint(bundle.checkpoint, key);
  if (checkpoint.size !== BigInt(bundle.size)) {
    throw new Refused("inclusion_invalid", "The proof and its checkpoint differ in size.");
  }
  const hash = leafHash(bundle.leaf);
  verifyInclusion(bundle.index, bundle.size, hash, bundle.inclusion, checkpoint.root);
  const witnesses = await askWitnesses(checkpoint.note, pins.witnesses);
  const { anchors, revoked, problems } = await checkAnchors(bundle, checkpoint, key, pins);
  return {
    result: revoked ? "revoked" : "verified",
    registration: revoked ? "revoked" : registration,
    matched,
    leafIndex: bundle.index,
    leafSha256: toHex(hash),
    logOrigin: checkpoint.origin,
    logKey: key.line,
    declaredAt: leaf.issued,
    sourceType: leaf.sourceType,
    checkpointSize: bundle.size,
    title: bundle.content.title,
    mediaType: bundle.content.mediaType,
    anchors,
    witnesses,
    problems: [
      ...keyProblems(pins), ...witnessProblems(witnesses), ...problems, ...timestampProblems(bundle),
      ...clockProblems(leaf, anchors, now),
    ],
  };
}

/** Hex SHA-256 of a File or Blob, read in pieces; `said` is told how many bytes are done. Throws what reading throws. */
export async function digestOf(blob, said = () => {}) {
  const hash = new Sha256();
  for (let at = 0; at < blob.size; at += CHUNK) {
    hash.update(new Uint8Array(await blob.slice(at, at + CHUNK).arrayBuffer()));
    said(Math.min(at + CHUNK, blob.size));
  }
  return toHex(hash.digest());
}

/** The sidecar in a bundle is vouched for like the file: the leaf must commit to it. */
function checkStore(bundle) {
  if (bundle.store === null || bundle.opening.digests.get("store") === toHex(sha256(bundle.store))) return;
  throw new Refused("store_mismatch", "The proof carries another manifest than was logged.");
}

function matchFile(opened, digests) {
  const isSame = (role) => digests[role] !== undefined && opened.get(role) === digests[role];
  if (isSame("file")) return { registration: "attested", matched: "file" };
  if (isSame("asset")) return { registration: "attested", matched: "asset" };
  if (isSame("claim") && isSame("binding")) return { registration: "attested_variant", matched: "claim" };
  throw new Refused("proof_wrong_file", "This proof is about another file, or the file was changed.");
}

function chooseKey(bundle, pins) {
  const key = parseLogKey(bundle.log.vkey);
  if (bundle.log.origin !== key.name) {
    throw new Refused("log_key_mismatch", "The proof names a log that its key is not of.");
  }
  const pinned = pins.logKey;
  if (pinned && !(pinned.name === key.name && sameBytes(pinned.publicKey, key.publicKey))) {
    throw new Refused("log_key_mismatch", "The proof is from another log than the pinned key's.");
  }
  return key;
}

function keyProblems(pins) {
  if (pins.logKey) return [];
  const sentence = "The log's key was taken from the proof itself; pin it to know whose log this is.";
  return [{ code: "log_key_not_pinned", sentence }];
}

async function askWitnesses(note, witnesses) {
  const asked = [];
  for (const witness of witnesses) {
    const time = await cosignedAt(note, witness);
    asked.push({ name: witness.name, cosignedAt: time === null ? null : Number(time) });
  }
  return asked;
}

function witnessProblems(witnesses) {
  const missing = witnesses.filter((witness) => witness.cosignedAt === null);
  return missing.map(({ name }) => ({ code: "witness_missing", sentence: `The witness ${name} did not cosign the checkpoint.` }));
}

function timestampProblems(bundle) {
  const types = [...new Set(bundle.timestamps.map((stamp) => stamp.type))].sort();
  return types.map((type) => ({ code: "timestamp_unchecked", sentence: `Its time stamps (${type}) are not checked here.` }));
}

/** Where the operator's clock cannot be right: the leaf's time is its claim, the block's is evidence. */
function clockProblems(leaf, anchors, now) {
  const problems = [], earliest = leaf.seconds - CLOCK_TOLERANCE;
  const checked = anchors.filter((anchor) => anchor.time !== null && anchor.finality !== "unchecked");
  if (checked.some((anchor) => toSeconds(anchor.time) < earliest)) {
    problems.push({ code: "issued_after_anchor", sentence: "The attestation claims a later time than its own anchor's." });
  }
  if (now !== null && earliest > now / 1000) {
    problems.push({ code: "issued_in_future", sentence: "The attestation claims a time that has not come yet." });
  }
  return problems;
}
