"""How long there is to wait, in words: an expectation, said as one."""

from attest.flows.eta import Eta
from service.models import State, Submission
from service.waiting import expected

_MINUTE, _HOUR = 60.0, 3600.0


def in_words(seconds: float) -> str:
    """`about 12 s`, `about 16 min`, `about 3 h`; rounded up, so that it is seldom late."""
    if seconds < _MINUTE:
        return f"about {max(1, round(seconds + 0.49))} s"
    if seconds < _HOUR:
        return f"about {round(seconds / _MINUTE + 0.49)} min"
    return f"about {round(seconds / _HOUR + 0.49)} h"


def wait_for(submission: Submission) -> str:
    """What is still to come and when, in one line; empty where nothing is, or nobody can tell."""
    if submission.state in (State.HELD, State.REFUSED, State.FAILED):
        return ""
    return _sentence(expected(submission.leaf_index))


def _sentence(eta: Eta) -> str:
    steps = (("Logged", eta.logged), ("anchored", eta.anchored), ("final", eta.final))
    coming = [f"{name} in {in_words(seconds)}" for name, seconds in steps if seconds]
    if not coming:
        return ""
    line = ", ".join(coming)
    return f"Expected: {line[0].lower()}{line[1:]}."
