"""What a verdict was made with: named by digest, so that it can be made again and compared. Plain Python."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

_POLICY = (Path(__file__).with_name("policy.py"), Path(__file__).with_name("report.py"))


@dataclass(frozen=True, slots=True)
class IndexVersion:
    """The index that was asked: its kind, its snapshots' layout, and the highest item number that counted."""

    kind: str
    layout: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """Digests are SHA-256 in hex.

    `weights` are of the files of each model that was asked, by method; `calibration` of every threshold in
    force; `policy` of the rules as this program has them. `banks` and `decisions` tell one state of those
    from another: how many there are, and the newest one's number.
    """

    weights: Mapping[str, str] = field(default_factory=dict)
    calibration: str = ""
    policy: str = ""
    index: IndexVersion | None = None
    banks: str = ""
    decisions: str = ""


@cache
def policy_digest() -> str:
    """SHA-256 of the rules: the source of policy.py, then of report.py."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in _POLICY)).hexdigest()
