// The note by which a log's key says under which ids the log is registered. Without it, a proof could name a
// stranger's id in a genuine registry, under which nothing is ever revoked.

import { parseNote, requireSignature } from "./note.mjs";
import { Refused } from "./refused.mjs";

const MARK = "assay.registrations/1";
const MAX_IDS = 64;

/** The ids (a Set of 0x hex) that the log's key names. Throws `registrations_invalid`. */
export async function openRegistrations(text, key) {
  const refuse = (sentence) => new Refused("registrations_invalid", sentence);
  let note;
  try {
    note = parseNote(text);
    await requireSignature(note, key);
  } catch (error) {
    if (!(error instanceof Refused) || !error.permanent) throw error;
    throw refuse("The log's registrations are not signed by its key.");
  }
  const [name, mark, ...ids] = note.text.slice(0, -1).split("\n");
  const isOrdered = ids.every((id, at) => at === 0 || ids[at - 1] < id);
  const areIds = ids.every((id) => /^0x[0-9a-f]{64}$/.test(id));
  if (name !== key.name || mark !== MARK || ids.length === 0 || ids.length > MAX_IDS || !isOrdered || !areIds) {
    throw refuse("The log's registrations are malformed.");
  }
  return new Set(ids);
}
