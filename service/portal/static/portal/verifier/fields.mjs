// A JSON object taken apart field by field; what nobody took is refused.

import { fromBase64, fromUtf8, hasLoneSurrogate } from "./bytes.mjs";
import { readJson } from "./json.mjs";
import { Refused } from "./refused.mjs";

export function malformed(sentence) {
  return new Refused("proof_malformed", sentence);
}

/** The fields of the one JSON object in these bytes (UTF-8, at most `limit` of them). */
export function readFields(bytes, limit) {
  if (bytes.length > limit) throw malformed(`A proof has at most ${limit} bytes.`);
  let body;
  try {
    body = readJson(fromUtf8(bytes));
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    throw malformed("The proof is not JSON, or repeats a name.");
  }
  return new Fields(body, "The proof");
}

function characters(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** Every method throws `proof_malformed` and names the place, never the stranger's text. */
export class Fields {
  #rest;
  #place;

  constructor(body, place) {
    if (!(body instanceof Map)) throw malformed(`${place} is not an object.`);
    this.#rest = new Map(body);
    this.#place = place;
  }

  /** Refuse fields that the format does not have; those in `optional` may be there as null. */
  done(...optional) {
    for (const name of optional) if (!this.has(name)) this.#rest.delete(name);
    if (this.#rest.size) throw malformed(`${this.#place} has a field that the format does not know.`);
  }

  /** Whether the field is there and not null. */
  has(name) {
    return (this.#rest.get(name) ?? null) !== null;
  }

  /** What `read` makes of the field, or undefined where it is absent or null. */
  optional(name, read) {
    return this.has(name) ? read(name) : undefined;
  }

  #take(name, fits) {
    const value = this.#rest.get(name);
    this.#rest.delete(name);
    if (!fits(value)) throw malformed(`${this.#place} needs the field ${name}, in another type.`);
    return value;
  }

  #bad(name) {
    return malformed(`${this.#place} has a malformed ${name}.`);
  }

  /** A string of at most `limit` characters that matches `pattern`, which is anchored, in full. */
  text(name, limit, pattern = null) {
    const value = this.#take(name, (found) => typeof found === "string");
    if (value.length > 2 * limit || characters(value) > limit) throw this.#bad(name);
    if ((pattern && !pattern.test(value)) || hasLoneSurrogate(value)) throw this.#bad(name);
    return value;
  }

  /** A whole number from 0 to 2^53 - 1. */
  integer(name) {
    const value = this.#take(name, (found) => Number.isSafeInteger(found));
    if (value < 0) throw malformed(`${this.#place} has ${name} out of range.`);
    return value;
  }

  flag(name) {
    return this.#take(name, (found) => typeof found === "boolean");
  }

  /** Canonical base64 of at most `limit` bytes. */
  binary(name, limit) {
    return this.#decoded(this.#take(name, (found) => typeof found === "string"), name, limit);
  }

  #decoded(value, name, limit) {
    let bytes = null;
    try {
      if (typeof value === "string" && value.length <= (limit * 4) / 3 + 4) bytes = fromBase64(value);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    if (bytes === null || bytes.length > limit) throw this.#bad(name);
    return bytes;
  }

  /** A list of at most `limit` byte strings of at most `size` bytes each. */
  binaries(name, limit, size) {
    const values = this.#take(name, Array.isArray);
    if (values.length > limit) throw this.#bad(name);
    return values.map((value) => this.#decoded(value, name, size));
  }

  /** A list of at most `limit` hashes, 32 bytes each. */
  hashes(name, limit) {
    const found = this.binaries(name, limit, 32);
    if (found.some((hash) => hash.length !== 32)) throw this.#bad(name);
    return found;
  }

  /** An object inside this one. */
  within(name) {
    return new Fields(this.#take(name, (found) => found instanceof Map), `${this.#place}'s ${name}`);
  }

  /** A list of at most `limit` objects. */
  each(name, limit) {
    const values = this.#take(name, Array.isArray);
    if (values.length > limit) throw malformed(`${this.#place} has too many ${name}.`);
    return values.map((value) => new Fields(value, `${this.#place}'s ${name}`));
  }

  /** All that is left, as at most `limit` strings by name. */
  strings(limit, length) {
    if (this.#rest.size > limit) throw malformed(`${this.#place} has too many fields.`);
    return new Map([...this.#rest.keys()].map((name) => [name, this.text(name, length)]));
  }
}
