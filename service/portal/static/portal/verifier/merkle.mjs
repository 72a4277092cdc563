// The Merkle tree of RFC 9162 section 2.1 (that of RFC 6962), SHA-256. Hashes are 32 bytes, sizes and indexes whole
// numbers or BigInts.

import { sameBytes } from "./bytes.mjs";
import { Refused } from "./refused.mjs";
import { sha256 } from "./sha256.mjs";

const LEAF = Uint8Array.of(0x00);
const NODE = Uint8Array.of(0x01);

/** Hash of one leaf's bytes. */
export function leafHash(bytes) {
  return sha256(LEAF, bytes);
}

/** Hash of two children. */
export function nodeHash(left, right) {
  return sha256(NODE, left, right);
}

/** Root over these leaf hashes; of none, SHA-256 of nothing. */
export function rootOf(hashes) {
  if (hashes.length === 0) return sha256();
  let level = hashes;
  // An odd last node rises as it is: the same tree as RFC 9162's, which splits at the largest power of two.
  while (level.length > 1) {
    const next = [];
    for (let at = 0; at + 1 < level.length; at += 2) next.push(nodeHash(level[at], level[at + 1]));
    if (level.length % 2) next.push(level[level.length - 1]);
    level = next;
  }
  return level[0];
}

function requireHashes(code, hashes) {
  if (hashes.some((hash) => hash.length !== 32)) throw new Refused(code, "Every hash and root has 32 bytes.");
}

/** RFC 9162 section 2.1.3.2. Throws `inclusion_invalid`. */
export function verifyInclusion(index, size, leaf, proof, root) {
  const refuse = (sentence) => new Refused("inclusion_invalid", sentence);
  requireHashes("inclusion_invalid", [leaf, root, ...proof]);
  let fn = BigInt(index), sn = BigInt(size) - 1n, node = leaf;
  if (fn < 0n || fn > sn) throw refuse(`Leaf ${index} cannot be in a log of ${size} leaves.`);
  for (const sibling of proof) {
    if (sn === 0n) throw refuse("The inclusion proof is too long.");
    if (fn & 1n || fn === sn) {
      node = nodeHash(sibling, node);
      while (!(fn & 1n) && fn !== 0n) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else {
      node = nodeHash(node, sibling);
    }
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  if (sn !== 0n || !sameBytes(node, root)) throw refuse("The inclusion proof does not lead to the root.");
}

/** RFC 9162 section 2.1.4.2; a proof from the empty tree says nothing and is refused. Throws `consistency_invalid`. */
export function verifyConsistency(size1, size2, root1, root2, proof) {
  const refuse = (sentence) => new Refused("consistency_invalid", sentence);
  requireHashes("consistency_invalid", [root1, root2, ...proof]);
  const [first, second] = [BigInt(size1), BigInt(size2)];
  if (first <= 0n || first > second) throw refuse(`Size ${size2} cannot extend size ${size1}.`);
  if (first === second) {
    if (proof.length || !sameBytes(root1, root2)) throw refuse("One size has two roots, or a needless proof.");
    return;
  }
  if (proof.length === 0) throw refuse("The consistency proof is empty.");
  const path = (first & (first - 1n)) === 0n ? [root1, ...proof] : proof;
  let fn = first - 1n, sn = second - 1n;
  while (fn & 1n) [fn, sn] = [fn >> 1n, sn >> 1n];
  let fr = path[0], sr = path[0];
  for (const sibling of path.slice(1)) {
    if (sn === 0n) throw refuse("The consistency proof is too long.");
    if (fn & 1n || fn === sn) {
      [fr, sr] = [nodeHash(sibling, fr), nodeHash(sibling, sr)];
      while (!(fn & 1n) && fn !== 0n) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else {
      sr = nodeHash(sr, sibling);
    }
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  if (sn !== 0n || !sameBytes(fr, root1) || !sameBytes(sr, root2)) throw refuse("The consistency proof does not join the roots.");
}
