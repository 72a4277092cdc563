"""The exit codes that scripts may rely on."""

from enum import IntEnum

from service.policy import Outcome


class Exit(IntEnum):
    """What a verb answers to the shell. `verify` uses all four."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    UNCHECKED = 3


_OF_OUTCOME = {
    Outcome.VERIFIED: Exit.DONE,
    Outcome.REFUSED: Exit.REFUSED,
    Outcome.UNCHECKED: Exit.UNCHECKED,
}
# Of several files the gravest answer counts: a refusal is a finding, "could not check" is the lack of one.
_GRAVITY = (Exit.DONE, Exit.UNCHECKED, Exit.USAGE, Exit.REFUSED)


def of_outcome(outcome: Outcome) -> Exit:
    """The exit code of one verification."""
    return _OF_OUTCOME[outcome]


def worst(exits: list[Exit]) -> Exit:
    """One exit code for several files."""
    return max(exits, key=_GRAVITY.index, default=Exit.DONE)
