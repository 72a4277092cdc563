"""All comparisons in order."""

from collections.abc import Iterator
from functools import partial

from service.cli.fsck import chain, content, index, log, submissions
from service.cli.fsck.difference import Check, Difference, Skipped
from service.cli.progress import Steps


def audit(shown: Steps, skipped: list[Skipped]) -> Iterator[Difference]:
    """Every difference; what could not be compared is added to `skipped`. Changes nothing."""
    for name, check in checks(skipped).items():
        shown.note(name)
        yield from check()
        shown.advance()


def checks(skipped: list[Skipped]) -> dict[str, Check]:
    """The comparisons by name."""
    return {
        "log": log.differences,
        "content": content.differences,
        "submissions": submissions.differences,
        "index": index.differences,
        "chain": partial(chain.differences, skipped),
    }
