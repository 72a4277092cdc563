"""A list's name where nobody gave it one."""

import re

_UNFIT = re.compile(r"[^A-Za-z0-9 ._-]+")


def fit_name(text: str) -> str:
    """`text` with what a list's name cannot hold replaced, at most 80 characters; `list` where nothing is
    left.
    """
    return _UNFIT.sub("-", text).strip("-._ ")[:80] or "list"
