"""What a signed store holds, taken apart."""

from collections.abc import Callable
from typing import Any

import pytest

from provenance.inspection import cbor, jumbf


@pytest.fixture(scope="session")
def opened() -> Callable[[bytes], dict[str, Any]]:
    """The active manifest of a store: its assertions by label, and the claim as `claim`."""
    return _opened


def _opened(store: bytes) -> dict[str, Any]:
    active = jumbf.manifests(jumbf.parse(store))[-1]
    found: dict[str, Any] = {}
    for box in jumbf.assertion_boxes(active):
        raw = box.content(b"cbor")
        found[box.label] = cbor.decode(raw) if raw is not None else box
    for box in active.children:
        raw = box.content(b"cbor")
        if raw is not None and isinstance(decoded := cbor.decode(raw), dict):
            found["claim"] = decoded
    return found
