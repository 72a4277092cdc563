// What a verifier knows beforehand and holds a proof to.

import { logIdOf } from "./evidence.mjs";
import { parseLogKey, parseWitnessKey } from "./note.mjs";
import { Refused } from "./refused.mjs";

function readBlockHash(text) {
  const [, chain, hash] = /^([1-9][0-9]{0,15}):(0x[0-9a-fA-F]{64})$/.exec(text) ?? [];
  if (!hash) throw new Refused("block_hash_malformed", "A block hash is pinned as CHAIN_ID:0x and 64 hex digits.");
  return `${chain}:${hash.toLowerCase()}`;
}

function readLogId(text) {
  if (!/^0x(?:[0-9a-fA-F]{64}|[0-9a-fA-F]{40})$/.test(text)) {
    throw new Refused("log_id_malformed", "A log is pinned by its id or its owner's address, in 0x hex.");
  }
  return text.toLowerCase();
}

/**
 * Read pinned values: `logKey` a verifier key line or null, `blockHashes` of `CHAIN_ID:0x…`, `witnesses` verifier key
 * lines, `logIds` log ids or their first owners' addresses.
 * Throws `log_key_malformed`, `block_hash_malformed`, `witness_key_malformed`, `log_id_malformed`.
 */
export function parsePins({ logKey = null, blockHashes = [], witnesses = [], logIds = [] } = {}) {
  const keys = witnesses.map((line) => parseWitnessKey(line.trim()));
  return {
    logKey: logKey === null ? null : parseLogKey(logKey.trim()),
    blockHashes: new Set(blockHashes.map(readBlockHash)),
    witnesses: [...new Map(keys.map((key) => [key.line, key])).values()],
    logIds: new Set(logIds.map(readLogId)),
  };
}

/** The pinned log ids, those of pinned owners for a log of this origin among them. */
export function pinnedLogIds(pins, origin) {
  return new Set([...pins.logIds].map((each) => (each.length === 42 ? logIdOf(each, origin) : each)));
}
