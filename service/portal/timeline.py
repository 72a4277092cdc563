"""A submission as a timeline: what is done, what goes on now, what is to come."""

from dataclasses import dataclass

from service.models import State, Submission
from service.portal.words import SETTLED, STATES

_ORDER = (
    State.RECEIVED,
    State.INSPECTED,
    State.FINGERPRINTED,
    State.ACCEPTED,
    State.SIGNED,
    State.APPENDED,
    State.LOGGED,
    State.ANCHORED,
)


@dataclass(frozen=True, slots=True)
class Milestone:
    """One step a person can follow; `reached_at` is the state that shows it is done."""

    name: str
    explanation: str
    reached_at: State


_MILESTONES = (
    Milestone("Received", "Stored, and recognised by its content.", State.RECEIVED),
    Milestone("Inspected", "Credentials it already carries are read.", State.INSPECTED),
    Milestone("Compared", "Set against what others attested earlier.", State.ACCEPTED),
    Milestone("Signed", "Your declaration is bound to these bytes.", State.SIGNED),
    Milestone("Logged", "A sealed entry in a log that can only grow.", State.LOGGED),
    Milestone("Anchored", "The log’s state is written to a chain.", State.ANCHORED),
)


@dataclass(frozen=True, slots=True)
class Step:
    """A milestone with where it stands: `done`, `now`, `held`, `stopped` or `todo`, and the icon for it."""

    name: str
    explanation: str
    standing: str
    icon: str
    word: str


_ICONS = {
    "done": ("good", "done"),
    "now": ("busy", "in progress"),
    "held": ("hold", "held for review"),
    "stopped": ("bad", "stopped here"),
    "todo": ("todo", "not yet"),
}


_UNFINISHED = {State.HELD: "held", State.REFUSED: "stopped", State.FAILED: "stopped"}


def _furthest(submission: Submission) -> int:
    """How far along the order a submission got, also when it ended early; read from what it carries."""
    state = State(submission.state)
    if state in _ORDER:
        return _ORDER.index(state)
    if submission.leaf_index is not None:
        return _ORDER.index(State.APPENDED)
    if submission.store_id is not None:
        return _ORDER.index(State.SIGNED)
    if state in (State.HELD, State.REFUSED) or submission.fingerprints:
        return _ORDER.index(State.FINGERPRINTED)
    return _ORDER.index(State.INSPECTED if submission.inspection else State.RECEIVED)


def steps(submission: Submission) -> tuple[Step, ...]:
    """The milestones in order, each with its standing."""
    reached, state = _furthest(submission), State(submission.state)
    found: list[Step] = []
    current_given = False
    for milestone in _MILESTONES:
        if _ORDER.index(milestone.reached_at) <= reached:
            standing = "done"
        elif not current_given:
            current_given = True
            standing = _UNFINISHED.get(state, "now")
        else:
            standing = "todo"
        shape, word = _ICONS[standing]
        found.append(Step(milestone.name, milestone.explanation, standing, shape, word))
    return tuple(found)


def is_settled(submission: Submission) -> bool:
    """Whether nothing more happens by itself."""
    return submission.state in SETTLED


def said(submission: Submission) -> str:
    """The state in one line, for a screen reader and the page's lead."""
    word = STATES[submission.state]
    return f"{word.word}. {word.sentence}"
