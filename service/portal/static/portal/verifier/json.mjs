// JSON (RFC 8259) read strictly. JSON.parse lets the last of two equal names win and rounds large numbers without a
// word; here a name that comes twice is refused, and a number that is not whole and exact never passes for one.

const MAX_DEPTH = 64;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const BLANK = /[ \t\n\r]*/y;
const ESCAPES = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** Stands where a number was that is a fraction, has an exponent or is beyond ±(2^53 - 1). */
export class InexactNumber {}

/**
 * Read one JSON text. Objects become Maps, so that no name (`__proto__`) means anything; whole numbers become numbers.
 * Throws a SyntaxError, also on a repeated name and on nesting deeper than 64.
 */
export function readJson(text) {
  const reader = new JsonReader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

class JsonReader {
  #text;
  #at = 0;

  constructor(text) {
    this.#text = text;
  }

  end() {
    this.#take(BLANK);
    if (this.#at !== this.#text.length) this.#fail();
  }

  value(depth) {
    if (depth > MAX_DEPTH) throw new SyntaxError("this JSON nests too deep");
    this.#take(BLANK);
    const first = this.#text[this.#at];
    if (first === "{") return this.#object(depth);
    if (first === "[") return this.#array(depth);
    if (first === '"') return this.#string();
    for (const [spelling, value] of [["true", true], ["false", false], ["null", null]]) {
      if (this.#text.startsWith(spelling, this.#at)) {
        this.#at += spelling.length;
        return value;
      }
    }
    return this.#number();
  }

  #fail() {
    throw new SyntaxError(`this is no JSON at character ${this.#at}`);
  }

  #take(pattern) {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) this.#fail();
    this.#at = pattern.lastIndex;
    return found;
  }

  #is(character) {
    this.#take(BLANK);
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #must(character) {
    if (!this.#is(character)) this.#fail();
  }

  #object(depth) {
    const found = new Map();
    this.#must("{");
    if (this.#is("}")) return found;
    do {
      this.#take(BLANK);
      const name = this.#string();
      if (found.has(name)) throw new SyntaxError("a name comes twice");
      this.#must(":");
      found.set(name, this.value(depth + 1));
    } while (this.#is(","));
    this.#must("}");
    return found;
  }

  #array(depth) {
    const found = [];
    this.#must("[");
    if (this.#is("]")) return found;
    do found.push(this.value(depth + 1)); while (this.#is(","));
    this.#must("]");
    return found;
  }

  #string() {
    if (this.#text[this.#at] !== '"') this.#fail();
    this.#at += 1;
    const pieces = [];
    for (;;) {
      pieces.push(this.#take(PLAIN)[0]);
      const mark = this.#text[this.#at];
      if (mark !== '"' && mark !== "\\") this.#fail();
      this.#at += 1;
      if (mark === '"') return pieces.join("");
      pieces.push(this.#escape());
    }
  }

  #escape() {
    const letter = this.#text[this.#at];
    this.#at += 1;
    if (Object.hasOwn(ESCAPES, letter)) return ESCAPES[letter];
    const digits = this.#text.slice(this.#at, this.#at + 4);
    if (letter !== "u" || !/^[0-9a-fA-F]{4}$/.test(digits)) this.#fail();
    this.#at += 4;
    return String.fromCharCode(parseInt(digits, 16));
  }

  #number() {
    const [spelling, fraction, exponent] = this.#take(NUMBER);
    const value = Number(spelling);
    if (fraction || exponent || !Number.isSafeInteger(value)) return new InexactNumber();
    // -0 is 0, as in Python.
    return value === 0 ? 0 : value;
  }
}
