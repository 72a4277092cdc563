// Bytes and their spellings: hex, canonical base64 (RFC 4648 section 4), UTF-8, big-endian numbers.

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const SEXTETS = new Map([...ALPHABET].map((letter, value) => [letter.charCodeAt(0), value]));

/** Lower-case hex. */
export function toHex(bytes) {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** Bytes of an even number of hex digits; what is not hex throws a TypeError. */
export function fromHex(text) {
  if (text.length % 2 || !/^[0-9a-fA-F]*$/.test(text)) throw new TypeError("this is not hex");
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = parseInt(text.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}

/** Bytes of padded base64 in its one canonical spelling; anything else throws a TypeError. */
export function fromBase64(text) {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  if (text.length % 4 || (text.length === 0 && padding)) throw new TypeError("this is not base64");
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  const letters = text.length - padding;
  let held = 0, bits = 0, out = 0;
  for (let at = 0; at < letters; at += 1) {
    const sextet = SEXTETS.get(text.charCodeAt(at));
    if (sextet === undefined) throw new TypeError("this is not base64");
    held = ((held << 6) | sextet) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[out] = (held >> bits) & 0xff;
      out += 1;
    }
  }
  if (out !== bytes.length || (held & ((1 << bits) - 1)) !== 0) throw new TypeError("this base64 has a second spelling");
  return bytes;
}

/** Padded base64. */
export function toBase64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const rest = bytes.length - at;
    const held = (bytes[at] << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    text += ALPHABET[held >> 18] + ALPHABET[(held >> 12) & 63];
    text += (rest > 1 ? ALPHABET[(held >> 6) & 63] : "=") + (rest > 2 ? ALPHABET[held & 63] : "=");
  }
  return text;
}

/** Whether two byte strings are the same. */
export function sameBytes(one, other) {
  if (one.length !== other.length) return false;
  return one.every((byte, at) => byte === other[at]);
}

/** One byte string after the other. */
export function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** UTF-8 of a text without lone surrogates; those throw a TypeError instead of turning into U+FFFD. */
export function utf8(text) {
  if (hasLoneSurrogate(text)) throw new TypeError("this is not Unicode text");
  return new TextEncoder().encode(text);
}

/** Text of UTF-8 bytes; malformed ones throw a TypeError, and a byte order mark stays what it is. */
export function fromUtf8(bytes) {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}

/** Whether half of a surrogate pair stands alone, which JSON can spell and UTF-8 cannot. */
export function hasLoneSurrogate(text) {
  return /\p{Surrogate}/u.test(text);
}

/** Whether every character can be printed: no controls, formats, private or unassigned ones, no blank but the space. */
export function isPrintable(text) {
  return /^(?:[^\p{C}\p{Z}]| )*$/u.test(text);
}

/** The number that big-endian bytes stand for, a BigInt. */
export function toNumber(bytes) {
  return bytes.length ? BigInt(`0x${toHex(bytes)}`) : 0n;
}

/** A number from 0 to 2^256 - 1 as 32 big-endian bytes. */
export function word(value) {
  return fromHex(BigInt(value).toString(16).padStart(64, "0"));
}
