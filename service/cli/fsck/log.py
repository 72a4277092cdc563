"""The log against itself: rows, roots, checkpoints and tile files, by the attest engine's own audit."""

from collections.abc import Iterator

from attest.flows import fsck
from attest.flows.repair import rebuild
from attest.flows.restore import restore
from service import wiring
from service.cli.fsck.difference import Difference


def differences() -> Iterator[Difference]:
    """What does not follow from the leaves."""
    for found in fsck.fsck(wiring.tile_store(), wiring.log_key().vkey):
        yield Difference("log", found.code, found.sentence)


def repair(found: list[Difference]) -> None:
    """Bring back published leaves that a restored backup lost, then rebuild what follows from the leaves."""
    if any(each.code == "log_rolled_back" for each in found):
        restore(wiring.tile_store(), wiring.log_key().vkey)
    rebuild(wiring.tile_store(), wiring.log_key().vkey)
