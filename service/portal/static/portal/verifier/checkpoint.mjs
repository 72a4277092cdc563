// The checkpoint (C2SP tlog-checkpoint) inside its signed note.

import { fromBase64 } from "./bytes.mjs";
import { parseNote, requireSignature } from "./note.mjs";
import { Refused } from "./refused.mjs";

/** Read a note's text: `{origin, size (BigInt), root}`. Throws `checkpoint_malformed`. */
export function parseCheckpoint(text) {
  const refuse = (sentence) => new Refused("checkpoint_malformed", sentence);
  const lines = text.split("\n");
  if (lines.pop() !== "" || lines.length < 3 || lines.includes("")) throw refuse("A checkpoint has at least three full lines.");
  const [origin, size, encoded] = lines;
  let root = null;
  try {
    root = fromBase64(encoded);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  if (!/^(?:0|[1-9][0-9]{0,18})$/.test(size) || root?.length !== 32) throw refuse("The checkpoint's size or root is malformed.");
  return { origin, size: BigInt(size), root };
}

/**
 * Open a checkpoint's note by the log's key: `{origin, size, root, note}`.
 * Throws `note_malformed`, `checkpoint_malformed`, `log_key_mismatch`, `checkpoint_signature_invalid`.
 */
export async function openCheckpoint(text, key) {
  const note = parseNote(text);
  const checkpoint = parseCheckpoint(note.text);
  if (checkpoint.origin !== key.name) throw new Refused("log_key_mismatch", "The checkpoint is of another log than the key.");
  await requireSignature(note, key);
  return { ...checkpoint, note };
}
