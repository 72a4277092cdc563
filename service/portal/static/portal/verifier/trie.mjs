// Proofs of presence and of absence in Ethereum's secure Merkle-Patricia tries (yellow paper, appendix D), as
// eth_getProof gives them (EIP-1186): the RLP of every hashed node on the way down, the root's first.

import { fromHex, sameBytes } from "./bytes.mjs";
import { keccak256 } from "./keccak256.mjs";
import { EvidenceFault, decodeRlp, encodedLength } from "./rlp.mjs";

export const MAX_NODES = 65;
export const MAX_NODE_BYTES = 1024;
const EMPTY_TRIE = fromHex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");

function nibblesOf(bytes) {
  return Array.from(bytes).flatMap((byte) => [byte >> 4, byte & 15]);
}

/** The nodes handed out one by one, each under the hash that its parent knows it by. */
class Way {
  #nodes;
  #next = 0;

  constructor(nodes) {
    this.#nodes = nodes;
  }

  /** The node behind a reference: by hash, or the node itself where it takes less than 32 bytes. */
  follow(reference, isRoot = false) {
    let node = reference;
    if (Array.isArray(reference)) {
      if (encodedLength(reference) >= 32) throw new EvidenceFault("a node that must be hashed is not");
    } else {
      const raw = this.#nodes[this.#next];
      if (reference.length !== 32 || !raw) throw new EvidenceFault("a node is missing, or a reference malformed");
      this.#next += 1;
      if (!sameBytes(keccak256(raw), reference)) throw new EvidenceFault("a node does not have the hash it is known by");
      if (raw.length < 32 && !isRoot) throw new EvidenceFault("a node is hashed that must not be");
      node = decodeRlp(raw);
    }
    if (!Array.isArray(node) || (node.length !== 2 && node.length !== 17)) {
      throw new EvidenceFault("a node has neither 2 nor 17 items");
    }
    return node;
  }

  end() {
    if (this.#next !== this.#nodes.length) throw new EvidenceFault("there are more nodes than the way down has");
  }
}

/** Hex-prefix encoding (appendix C): whether the node is a leaf, and its nibbles. */
function readPath(item) {
  if (Array.isArray(item) || item.length === 0) throw new EvidenceFault("a node has no path");
  const [flag, first, ...rest] = nibblesOf(item);
  const isOdd = (flag & 1) === 1;
  if (flag > 3 || (first !== 0 && !isOdd)) throw new EvidenceFault("a node's path is malformed");
  return { isLeaf: (flag & 2) === 2, nibbles: isOdd ? [first, ...rest] : rest };
}

const isNothing = (item) => !Array.isArray(item) && item.length === 0;

/**
 * The value under `key` (hashed here) in the trie with this root, or null where there provably is none.
 * Throws EvidenceFault.
 */
export function proveInTrie(root, key, nodes) {
  if (nodes.length > MAX_NODES || nodes.some((node) => node.length > MAX_NODE_BYTES)) {
    throw new EvidenceFault("there are too many or too large nodes");
  }
  if (nodes.length === 0 && sameBytes(root, EMPTY_TRIE)) return null;
  const way = new Way(nodes);
  const value = descend(way, root, nibblesOf(keccak256(key)));
  way.end();
  return value;
}

function descend(way, root, path) {
  let node = way.follow(root, true), at = 0;
  for (;;) {
    let child = null;
    if (node.length === 17) {
      if (!isNothing(node[16]) || at >= path.length) throw new EvidenceFault("a branch holds a value");
      child = node[path[at]];
      at += 1;
      if (isNothing(child)) return null;
    } else {
      const { isLeaf, nibbles } = readPath(node[0]);
      const fits = nibbles.every((nibble, step) => nibble === path[at + step]);
      if (isLeaf) return leafValue(node[1], nibbles.length === path.length - at, fits);
      if (nibbles.length === 0 || isNothing(node[1]) || nibbles.length >= path.length - at) {
        throw new EvidenceFault("an extension leads nowhere");
      }
      if (!fits) return null;
      at += nibbles.length;
      child = node[1];
    }
    node = way.follow(child);
  }
}

function leafValue(value, isDeepEnough, fits) {
  if (Array.isArray(value) || value.length === 0) throw new EvidenceFault("a leaf holds no value");
  if (!isDeepEnough) throw new EvidenceFault("a leaf lies at another depth than its key's");
  return fits ? value : null;
}
