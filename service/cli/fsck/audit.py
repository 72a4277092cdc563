"""All comparisons in order, and the repair of what can be rebuilt."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from service.cli.fsck import chain, content, index, jobs, log, proofs, submissions
from service.cli.fsck.difference import Check, Difference, Repair, Skipped
from service.cli.progress import Steps
from service.errors import KNOWN_ERRORS

REPAIRS: dict[str, Repair] = {
    "log": log.repair,
    "submissions": submissions.repair,
    "jobs": jobs.repair,
    "index": index.repair,
    "chain": chain.repair,
}
"""In this order, since submissions follow the log and jobs the submissions."""


@dataclass(frozen=True, slots=True)
class Mended:
    """One difference, and whether it is gone after the repair."""

    difference: Difference
    repaired: bool


def audit(shown: Steps, skipped: list[Skipped], *, full: bool = False) -> Iterator[Difference]:
    """Every difference; what could not be compared is added to `skipped`. Changes nothing."""
    for name, check in checks(skipped, full=full).items():
        shown.note(name)
        yield from check()
        shown.advance()


def checks(skipped: list[Skipped], *, full: bool = False) -> dict[str, Check]:
    """The comparisons by name; `full` leaves nothing to a sample."""
    return {
        "log": log.differences,
        "proofs": partial(proofs.differences, full=full),
        "content": content.differences,
        "submissions": submissions.differences,
        "jobs": jobs.differences,
        "index": partial(index.differences, full=full),
        "chain": partial(chain.differences, skipped),
    }


def repair(
    found: list[Difference], shown: Steps, skipped: list[Skipped], *, full: bool = False
) -> list[Mended]:
    """Rebuild what can be rebuilt and compare again: what was found, and whatever is found besides now.

    A part that cannot be repaired says why in `skipped`.
    """
    for part, mend in REPAIRS.items():
        mine = [each for each in found if each.part == part]
        if not mine:
            continue
        shown.note(f"repairing {part}")
        try:
            mend(mine)
        except (*KNOWN_ERRORS, OSError) as error:
            skipped.append(Skipped(f"repair of {part}", str(error)))
    left = list(audit(shown, [], full=full))
    return [Mended(each, each not in left) for each in found] + [
        Mended(each, repaired=False) for each in left if each not in found
    ]
