// Recursive Length Prefix (Ethereum yellow paper, appendix B), its one canonical encoding only.

import { joined, toNumber } from "./bytes.mjs";

const MAX_NESTING = 16;

/** What is malformed in an anchor's evidence; `evidence.mjs` turns it into a refusal. */
export class EvidenceFault extends Error {}

/** One item, a byte string or an array of items; bytes behind it are refused. */
export function decodeRlp(bytes) {
  const [item, end] = itemAt(bytes, 0, bytes.length, 0);
  if (end !== bytes.length) throw new EvidenceFault("bytes follow an RLP item");
  return item;
}

function itemAt(bytes, at, limit, depth) {
  if (at >= limit || depth > MAX_NESTING) throw new EvidenceFault("an RLP item ends too early or nests too deep");
  const first = bytes[at];
  if (first < 0x80) return [bytes.subarray(at, at + 1), at + 1];
  const isList = first >= 0xc0;
  const [begin, end] = extent(bytes, at, limit, first - (isList ? 0xc0 : 0x80));
  if (!isList) {
    if (end - begin === 1 && bytes[begin] < 0x80) throw new EvidenceFault("a small byte stands for itself in RLP");
    return [bytes.subarray(begin, end), end];
  }
  const items = [];
  let next = begin;
  while (next < end) {
    let item;
    [item, next] = itemAt(bytes, next, end, depth + 1);
    items.push(item);
  }
  return [items, end];
}

function extent(bytes, at, limit, code) {
  let begin = at + 1, length = code;
  if (code > 55) {
    begin += code - 55;
    const spelled = bytes.subarray(at + 1, begin);
    if (begin > limit || spelled[0] === 0) throw new EvidenceFault("an RLP length is malformed");
    // Eight bytes may be beyond 2^53; then it is far beyond the limit all the same.
    length = Number(toNumber(spelled));
    if (length < 56) throw new EvidenceFault("an RLP length has a shorter spelling");
  }
  if (begin + length > limit) throw new EvidenceFault("an RLP item is longer than what holds it");
  return [begin, begin + length];
}

/** How many bytes an item takes encoded. */
export function encodedLength(item) {
  if (!Array.isArray(item)) return item.length === 1 && item[0] < 0x80 ? 1 : withPrefix(item.length);
  return withPrefix(item.reduce((sum, each) => sum + encodedLength(each), 0));
}

function withPrefix(length) {
  if (length < 56) return 1 + length;
  return 1 + Math.ceil(length.toString(16).length / 2) + length;
}

/** The number that a string stands for, a BigInt: big-endian, no leading zeros, zero the empty string. */
export function integerOf(item) {
  if (Array.isArray(item) || item[0] === 0) throw new EvidenceFault("an RLP number is malformed");
  return toNumber(joined(item));
}
