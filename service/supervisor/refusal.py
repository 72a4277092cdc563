"""Why `up` does not start."""


class Refusal(Exception):  # noqa: N818 - it is an answer to a person, printed as its one sentence
    """`up` will not start; the message is one sentence that says what to do."""
