"""The log against itself: rows, roots, checkpoints and tile files, by the attest engine's own audit."""

from collections.abc import Iterator

from attest.flows import fsck
from service import wiring
from service.cli.fsck.difference import Difference


def differences() -> Iterator[Difference]:
    """What does not follow from the leaves."""
    for found in fsck.fsck(wiring.tile_store(), wiring.log_key().vkey):
        yield Difference("log", found.code, found.sentence)
