"""Submissions against the log: each attested once, under its own leaf, with the digests of its own files."""

from collections.abc import Iterator
from uuid import UUID

from django.utils import timezone

from attest.flows.restore import RESTORED
from attest.log.leaf import Kind
from attest.models import LeafRow
from attest.queries import anchored_size, latest_checkpoint
from service.cli.fsck.difference import Difference
from service.models import State, Submission

_KEY = "attestation:"
_LOGGED = frozenset({State.APPENDED, State.LOGGED, State.ANCHORED})


def differences() -> Iterator[Difference]:
    """Submissions without their leaf, leaves without their submission, and states ahead of the log."""
    # What was brought back from the published files has no submission: it was lost with the old database.
    leaves = LeafRow.objects.filter(kind=Kind.ATTESTATION).exclude(key__startswith=RESTORED).order_by("index")
    for leaf in leaves.iterator(chunk_size=500):
        yield from _of_leaf(leaf)
    rows = Submission.objects.select_related("asset", "signed", "store").order_by("pk")
    for submission in rows.iterator(chunk_size=500):
        yield from _of_submission(submission)


def repair(found: list[Difference]) -> None:
    """Set each row's place and state to what the log says; sealing and anchoring then go on from there.

    Contents and digests are not touched: where those differ, somebody must look.
    """
    leaves = LeafRow.objects.filter(kind=Kind.ATTESTATION, key__startswith=_KEY).order_by("index")
    for leaf in leaves.iterator(chunk_size=500):
        submission = _submission_of(leaf)
        if submission is None:
            continue
        if submission.leaf_index != leaf.index:
            _set(submission, leaf_index=leaf.index)
        if (submission.revoked_at is None) != (leaf.revoked_at is None):
            _set(submission, revoked_at=leaf.revoked_at)
    for submission in (
        Submission.objects.filter(leaf_index__isnull=False).order_by("pk").iterator(chunk_size=500)
    ):
        state = State(submission.state)
        if submission.leaf_index is not None and (right := _state_of(submission.leaf_index, state)) != state:
            _set(submission, state=right)


def _state_of(index: int, state: State) -> State:
    """How far a submission is whose leaf is at `index`: never further than the log and the chains are."""
    if state is State.ANCHORED and index < anchored_size():
        return state
    if state in (State.LOGGED, State.ANCHORED) and index < _sealed():
        return State.LOGGED
    return State.APPENDED


def _set(submission: Submission, **columns: object) -> None:
    Submission.objects.filter(pk=submission.pk).update(updated_at=timezone.now(), **columns)


def _submission_of(leaf: LeafRow) -> Submission | None:
    try:
        return Submission.objects.filter(pk=UUID(leaf.key.removeprefix(_KEY))).first()
    except ValueError:
        return None


def _of_leaf(leaf: LeafRow) -> Iterator[Difference]:
    submission = _submission_of(leaf)
    if submission is None:
        yield Difference(
            "submissions", "leaf_without_submission", f"Leaf {leaf.index} belongs to no submission."
        )
    elif submission.leaf_index != leaf.index:
        yield _differs(
            submission, "leaf_index_differs", f"is leaf {leaf.index} in the log, not so in its row"
        )
    elif (submission.revoked_at is None) != (leaf.revoked_by_id is None):
        yield _differs(submission, "revocation_differs", "is revoked in one of row and log only")


def _of_submission(submission: Submission) -> Iterator[Difference]:
    state, index = State(submission.state), submission.leaf_index
    if (state in _LOGGED) != (index is not None):
        yield _differs(submission, "state_differs", f"is {state} with leaf index {index}")
    if index is None:
        return
    leaf = (
        LeafRow.objects.filter(index=index, key=f"{_KEY}{submission.pk}").prefetch_related("digests").first()
    )
    if leaf is None:
        yield _differs(submission, "leaf_missing", f"has no leaf of its own at index {index}")
        return
    logged = {digest.role: digest.digest for digest in leaf.digests.all()}
    for role, digest in _digests(submission).items():
        # An erased attestation has no digests left: that is what erasing means.
        if logged and logged.get(role) != digest:
            yield _differs(submission, "digest_differs", f"is logged with another {role} digest")
    # The log's sizes are read after the state, so what a running worker does meanwhile is no difference.
    if state in (State.LOGGED, State.ANCHORED) and index >= _sealed():
        yield _differs(submission, "not_sealed", f"is {state}, but no checkpoint covers leaf {index}")
    if state is State.ANCHORED and index >= anchored_size():
        yield _differs(submission, "not_anchored", f"is anchored, but no anchor covers leaf {index}")


def _sealed() -> int:
    checkpoint = latest_checkpoint()
    return checkpoint.size if checkpoint else 0


def _digests(submission: Submission) -> dict[str, str]:
    found = {
        "file": submission.signed.sha256 if submission.signed else "",
        "asset": submission.asset.sha256,
        "claim": submission.claim_sha256,
        "binding": submission.binding_sha256,
        "store": submission.store.sha256 if submission.store else "",
    }
    return {role: digest for role, digest in found.items() if digest}


def _differs(submission: Submission, code: str, what: str) -> Difference:
    return Difference("submissions", code, f"Submission {submission.pk} {what}.")
