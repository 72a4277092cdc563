// One error for all that a proof is refused for.

/** `code` is stable (docs/formats/errors.md); `permanent` is false where a later try may end otherwise. */
export class Refused extends Error {
  constructor(code, sentence, permanent = true) {
    super(sentence);
    this.name = "Refused";
    this.code = code;
    this.permanent = permanent;
  }
}
