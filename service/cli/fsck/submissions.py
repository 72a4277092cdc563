"""Submissions against the log: each attested once, under its own leaf, with the digests of its own files."""

from collections.abc import Iterator
from uuid import UUID

from attest.log.leaf import Kind
from attest.models import LeafRow
from attest.queries import anchored_size, latest_checkpoint
from service.cli.fsck.difference import Difference
from service.models import State, Submission

_KEY = "attestation:"
_LOGGED = frozenset({State.APPENDED, State.LOGGED, State.ANCHORED})


def differences() -> Iterator[Difference]:
    """Submissions without their leaf, leaves without their submission, and states ahead of the log."""
    leaves = LeafRow.objects.filter(kind=Kind.ATTESTATION).order_by("index")
    for leaf in leaves.iterator(chunk_size=500):
        yield from _of_leaf(leaf)
    rows = Submission.objects.select_related("asset", "signed", "store").order_by("pk")
    for submission in rows.iterator(chunk_size=500):
        yield from _of_submission(submission)


def _of_leaf(leaf: LeafRow) -> Iterator[Difference]:
    try:
        submission = Submission.objects.filter(pk=UUID(leaf.key.removeprefix(_KEY))).first()
    except ValueError:
        submission = None
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
