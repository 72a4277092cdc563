// Signed notes (C2SP signed-note), the Ed25519 keys that sign them, and witnesses' lines (C2SP tlog-cosignature).

import { fromBase64, isPrintable, joined, sameBytes, toHex, toNumber, utf8 } from "./bytes.mjs";
import { Refused } from "./refused.mjs";
import { sha256 } from "./sha256.mjs";

export const MAX_NOTE_BYTES = 64 * 1024;
const MAX_SIGNATURES = 100;
const ED25519 = 0x01;
const COSIGNATURE = 0x04;
const PREFIX = "\u2014 ";

function isKeyName(name) {
  return name !== "" && [...name].length <= 200 && !/[+\s]/u.test(name) && isPrintable(name);
}

function readKey(line, algorithm) {
  const [, name, hex, encoded] = /^([^+]*)\+([^+]*)\+(.*)$/su.exec(line) ?? [];
  if (encoded === undefined) throw new TypeError("it has not three parts");
  const raw = fromBase64(encoded);
  if (raw.length !== 33 || raw[0] !== algorithm) throw new TypeError("it is of another type");
  if (!isKeyName(name)) throw new TypeError("its name is malformed");
  const hash = sha256(utf8(name), Uint8Array.of(0x0a), raw).subarray(0, 4);
  if (toHex(hash) !== hex) throw new TypeError("its hash does not fit its key");
  return { name, hash, algorithm, publicKey: raw.subarray(1), line };
}

function parseKey(line, algorithm, code, what) {
  try {
    return readKey(line, algorithm);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Refused(code, `The ${what} is malformed: ${error.message}.`);
  }
}

/** A log's verifier key line: `{name, hash, publicKey, line}`. Throws `log_key_malformed`. */
export function parseLogKey(line) {
  return parseKey(line, ED25519, "log_key_malformed", "log key");
}

/** A witness's verifier key line. Throws `witness_key_malformed`. */
export function parseWitnessKey(line) {
  return parseKey(line, COSIGNATURE, "witness_key_malformed", "witness key");
}

function readSignature(line) {
  const space = line.indexOf(" ", PREFIX.length);
  if (!line.startsWith(PREFIX) || space < 0) throw new TypeError("a signature line is malformed");
  const name = line.slice(PREFIX.length, space), raw = fromBase64(line.slice(space + 1));
  if (!isKeyName(name) || raw.length < 5) throw new TypeError("a signature line is malformed");
  return { name, hash: raw.subarray(0, 4), value: raw.subarray(4) };
}

function readNote(note) {
  // eslint-disable-next-line no-control-regex -- controls are what is looked for
  if (utf8(note).length > MAX_NOTE_BYTES || /[\x00-\x09\x0b-\x1f\x7f]/.test(note)) {
    throw new TypeError("it is too long or holds a control character");
  }
  const split = note.lastIndexOf("\n\n");
  if (split < 0 || !note.endsWith("\n") || split + 2 >= note.length) throw new TypeError("it has no signature block");
  const lines = note.slice(split + 2, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) throw new TypeError("it has too many signatures");
  const signatures = lines.map(readSignature);
  const signers = new Set(signatures.map((each) => `${each.name} ${toHex(each.hash)}`));
  if (signers.size !== signatures.length) throw new TypeError("one key signs it twice");
  return { text: note.slice(0, split + 1), signatures };
}

/** A note's text, with its last newline, and its signatures, none of them verified. Throws `note_malformed`. */
export function parseNote(note) {
  try {
    return readNote(note);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Refused("note_malformed", `The signed note is malformed: ${error.message}.`);
  }
}

/** Ed25519 (RFC 8032) by WebCrypto. Throws `ed25519_unavailable` where this browser or page has none. */
export async function ed25519Verifies(publicKey, signature, message) {
  if (signature.length !== 64) return false;
  const subtle = globalThis.crypto?.subtle;
  let key = null;
  try {
    key = await subtle.importKey("raw", publicKey, { name: "Ed25519" }, false, ["verify"]);
  } catch (error) {
    // A DataError is about the key's bytes; anything else about the browser, or a page without HTTPS.
    if (error?.name === "DataError") return false;
    const sentence = "This browser cannot check Ed25519 signatures here: use a newer one, and HTTPS or a saved page.";
    throw new Refused("ed25519_unavailable", sentence, false);
  }
  return subtle.verify({ name: "Ed25519" }, key, signature, message);
}

function linesOf(note, key) {
  return note.signatures.filter((each) => each.name === key.name && sameBytes(each.hash, key.hash));
}

/** Throws `checkpoint_signature_invalid` unless the log's key signed the note; other keys' lines are ignored. */
export async function requireSignature(note, key) {
  const [line] = linesOf(note, key);
  if (!line) throw new Refused("checkpoint_signature_invalid", "No known key signed this note.");
  if (!(await ed25519Verifies(key.publicKey, line.value, utf8(note.text)))) {
    throw new Refused("checkpoint_signature_invalid", `The signature of ${key.name} does not fit the text.`);
  }
}

/**
 * When the witness says that it cosigned the note (POSIX seconds, a BigInt), or null where its line is not there.
 * Throws `witness_signature_invalid` where its line does not verify.
 */
export async function cosignedAt(note, witness) {
  const [line] = linesOf(note, witness);
  if (!line) return null;
  const time = toNumber(line.value.subarray(0, 8));
  const message = joined(utf8(`cosignature/v1\ntime ${time}\n`), utf8(note.text));
  // A timestamp that is negative as a signed number is no time.
  if (time >= 1n << 63n || !(await ed25519Verifies(witness.publicKey, line.value.subarray(8), message))) {
    throw new Refused("witness_signature_invalid", `The cosignature of ${witness.name} does not fit.`);
  }
  return time;
}
