// Entry bundles of C2SP tlog-tiles: each leaf behind its length, a big-endian uint16.

import { Refused } from "./refused.mjs";

/** The `width` entries of a bundle. Throws `tile_malformed`. */
export function parseEntries(bytes, width) {
  const entries = [];
  let at = 0;
  while (at + 2 <= bytes.length && entries.length < width) {
    const end = at + 2 + ((bytes[at] << 8) | bytes[at + 1]);
    if (end > bytes.length) break;
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  if (at !== bytes.length || entries.length !== width) {
    throw new Refused("tile_malformed", `The entry bundle does not hold ${width} entries.`);
  }
  return entries;
}
