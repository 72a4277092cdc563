// The log's leaf and the opening of its commitments (docs/formats/leaf.md).

import { fromHex, fromUtf8, isPrintable, sameBytes, toHex, utf8 } from "./bytes.mjs";
import { readJson } from "./json.mjs";
import { Refused } from "./refused.mjs";
import { sha256 } from "./sha256.mjs";
import { toSeconds } from "./times.mjs";

export const MAX_LEAF_BYTES = 4096;
export const ROLES = new Set(["file", "asset", "claim", "binding", "store"]);
const DIGEST = /^[0-9a-f]{64}$/;
const LEAF_NAME = /^[a-z][a-z0-9_]{0,39}$/;
const OWN_FIELDS = {
  attestation: ["commitments", "source_type"],
  revocation: ["reason", "target"],
  policy: ["document", "name"],
  model: ["document", "name"],
  trust_list: ["document", "name"],
};

/** Whether this is a SHA-256 in lower-case hex. */
export function isDigest(value) {
  return typeof value === "string" && DIGEST.test(value);
}

function isReason(value) {
  return typeof value === "string" && value !== "" && [...value].length <= 200 && isPrintable(value);
}

function isTarget(value) {
  return value instanceof Map && value.size === 2 && isDigest(value.get("hash"))
    && Number.isSafeInteger(value.get("index")) && value.get("index") >= 0;
}

function isCommitments(value) {
  return value instanceof Map && value.size > 0
    && [...value].every(([role, committed]) => ROLES.has(role) && isDigest(committed));
}

const isLeafName = (value) => typeof value === "string" && LEAF_NAME.test(value);
const LEAF_CHECKS = {
  commitments: isCommitments, source_type: isLeafName, reason: isReason, target: isTarget, document: isDigest, name: isLeafName,
};

/** RFC 8785 of what a leaf may hold: Maps, strings and whole numbers. */
export function canonical(value) {
  if (!(value instanceof Map)) return JSON.stringify(value);
  // Array.sort compares UTF-16 units, as RFC 8785 section 3.2.3 wants.
  const names = [...value.keys()].sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value.get(name))}`).join(",")}}`;
}

/**
 * Read a leaf strictly: `{kind, issued, seconds, sourceType, commitments}`, the last two of an attestation only.
 * Throws `leaf_malformed`.
 */
export function parseLeaf(bytes) {
  try {
    return readLeaf(bytes);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
    throw new Refused("leaf_malformed", "The leaf is malformed.");
  }
}

function readLeaf(bytes) {
  if (bytes.length > MAX_LEAF_BYTES) throw new TypeError("too long");
  const body = readJson(fromUtf8(bytes));
  if (!(body instanceof Map) || body.get("version") !== 1) throw new TypeError("unknown version");
  const kind = body.get("kind"), issued = body.get("issued");
  if (typeof kind !== "string" || !Object.hasOwn(OWN_FIELDS, kind)) throw new TypeError("unknown kind");
  const own = OWN_FIELDS[kind];
  if (body.size !== 3 + own.length) throw new TypeError("a field too many or too few");
  if (!own.every((name) => LEAF_CHECKS[name](body.get(name)))) throw new TypeError("a malformed field");
  if (typeof issued !== "string" || issued.startsWith("0")) throw new TypeError("no time");
  const seconds = toSeconds(issued);
  if (!sameBytes(utf8(canonical(body)), bytes)) throw new TypeError("not canonical");
  return { kind, issued, seconds, sourceType: body.get("source_type"), commitments: body.get("commitments") };
}

/** Hex commitment to a digest (hex) under its role and a 32-byte salt. */
export function commitment(salt, role, digest) {
  const zero = new Uint8Array(1);
  return toHex(sha256(salt, zero, utf8(role), zero, fromHex(digest)));
}

/** Throws `leaf_not_opened` unless every digest (hex, by role) fits the leaf's commitment of that role. */
export function checkOpening(leaf, salt, digests) {
  for (const [role, digest] of digests) {
    if (leaf.commitments.get(role) !== commitment(salt, role, digest)) {
      throw new Refused("leaf_not_opened", `The leaf does not commit to this ${role} digest.`);
    }
  }
}
