// What shows an anchor without a node to ask: a block header, and storage proofs under it. All of it hangs on one
// 32-byte block hash (docs/formats/proof.md).

import { fromHex, toHex, utf8, word } from "./bytes.mjs";
import { keccak256 } from "./keccak256.mjs";
import { Refused } from "./refused.mjs";
import { REGISTRIES } from "./registries.mjs";
import { EvidenceFault, decodeRlp, integerOf } from "./rlp.mjs";
import { toSeconds } from "./times.mjs";
import { proveInTrie } from "./trie.mjs";

export const MAX_HEADER_BYTES = 4096;

/**
 * Follow an anchor's evidence from the registry's storage to a block hash.
 * Returns `{blockHash, revoked}`: 0x hex, and whether leaf `index` was revoked at that block, null where nothing says.
 * Throws `evidence_invalid`, `evidence_code_unknown`.
 */
export function checkEvidence(anchor, index) {
  try {
    return follow(anchor, index);
  } catch (error) {
    if (!(error instanceof EvidenceFault)) throw error;
    throw new Refused("evidence_invalid", `The evidence of an anchor does not add up: ${error.message}.`);
  }
}

function follow(anchor, index) {
  const { evidence } = anchor;
  const header = readHeader(evidence.header), blockHash = `0x${toHex(keccak256(evidence.header))}`;
  checkBlock(anchor, header, blockHash);
  const { storageRoot, layout } = readAccount(header.stateRoot, anchor.registry, evidence.account);
  const logId = fromHex(anchor.logId.slice(2));
  const checkpointId = keccak256(logId, word(anchor.size), anchor.root);
  const packed = readSlot(storageRoot, keccak256(checkpointId, word(layout.anchored)), evidence.storage);
  if (packed !== (BigInt(toSeconds(anchor.time)) | (BigInt(anchor.block) << 64n))) {
    throw new EvidenceFault("the registry's storage holds no such anchor at that block and time");
  }
  if (!evidence.revocation) return { blockHash, revoked: null };
  const wordIndex = BigInt(index) >> 8n;
  const slot = keccak256(word(wordIndex), keccak256(logId, word(layout.revokedWord)));
  const bits = readSlot(storageRoot, slot, evidence.revocation);
  return { blockHash, revoked: ((bits >> BigInt(index % 256)) & 1n) === 1n };
}

/** Yellow paper section 4.4: items 3, 8 and 11. Later forks append fields. */
function readHeader(bytes) {
  const items = decodeRlp(bytes);
  if (!Array.isArray(items) || items.length < 15 || items.some(Array.isArray) || items[3].length !== 32) {
    throw new EvidenceFault("its header is no block header");
  }
  return { stateRoot: items[3], number: integerOf(items[8]), time: integerOf(items[11]) };
}

function checkBlock(anchor, header, blockHash) {
  const block = BigInt(anchor.block), time = BigInt(toSeconds(anchor.time));
  if (header.number !== BigInt(anchor.evidence.block) || header.number < block || header.time < time) {
    throw new EvidenceFault("its block is not the one it names, or is older than the anchor");
  }
  if (header.number !== block) return;
  if (header.time !== time || (anchor.blockHash !== undefined && anchor.blockHash !== blockHash)) {
    throw new EvidenceFault("its block is another one than the anchor's");
  }
}

function readAccount(stateRoot, registry, nodes) {
  const value = proveInTrie(stateRoot, fromHex(registry.slice(2)), nodes);
  const items = value === null ? null : decodeRlp(value);
  if (!Array.isArray(items) || items.length !== 4 || items.some(Array.isArray) || items[2].length !== 32) {
    throw new EvidenceFault("there is no contract at the registry's address");
  }
  const layout = REGISTRIES.get(toHex(items[3]));
  if (!layout) {
    const sentence = "The evidence is of a contract that is no Assay registry known here.";
    throw new Refused("evidence_code_unknown", sentence);
  }
  return { storageRoot: items[2], layout };
}

/** A storage slot's value, a BigInt; one that is not in the trie is zero. */
function readSlot(storageRoot, slot, nodes) {
  const value = proveInTrie(storageRoot, slot, nodes);
  if (value === null) return 0n;
  const content = decodeRlp(value);
  if (Array.isArray(content) || content.length === 0 || content.length > 32) {
    throw new EvidenceFault("a storage slot holds no word");
  }
  return integerOf(content);
}

/** keccak256(abi.encode(owner, origin)), 0x hex: the id of the log that this address (0x hex) registered first. */
export function logIdOf(owner, origin) {
  const name = utf8(origin), padding = new Uint8Array((32 - (name.length % 32)) % 32);
  const address = word(BigInt(owner));
  return `0x${toHex(keccak256(address, word(64), word(name.length), name, padding))}`;
}
