"""Why `up` does not start."""


class Refusal(Exception):
    """`up` will not start; the message is one sentence that says what to do."""
