"""How an attestation looks from outside: a line in a list, the answer to a request, the whole."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from ninja import Schema

from attest.standing import Standing
from service.api.schemas import Anchor, Reason
from service.models import State, Submission
from service.pipeline import waiting_for
from service.waiting import expected

BASE = "/api/v1/attestations"


class Links(Schema):
    """Where its parts are, as paths on this service."""

    self: str
    asset: str
    manifest: str
    proof: str


class Accepted(Schema):
    """An attestation that was asked for."""

    id: str
    state: State
    links: Links


class Summary(Schema):
    """An attestation in a list. `sha256` is the uploaded content's, `signed_sha256` the signed file's."""

    id: str
    state: State
    title: str
    source_type: str
    name: str
    media_type: str
    size: int
    sha256: str
    signed_sha256: str | None
    leaf_index: int | None
    created_at: datetime
    updated_at: datetime
    revoked_at: datetime | None
    links: Links


class Place(Schema):
    """Where the attestation stands in the log; `attested_at` is the log's own clock."""

    log_origin: str | None
    log_key: str | None
    attested_at: str | None
    checkpoint_size: int | None


class Evidence(Schema):
    """What the stages found: the inspection of the upload and what it resembles, as JSON of those values.

    `recipe` names what the verdict was made with, by digest (`Recipe` in a report); empty before it is
    decided. `log` and `anchor` are null and empty until it is appended and anchored; `/proof` proves what
    they say.
    """

    log: Place | None
    anchor: list[Anchor]
    inspection: dict[str, Any]
    similarity: dict[str, Any]
    recipe: dict[str, Any]


class ChainEta(Schema):
    """Seconds until one chain has it and until that is final; null while something holds the chain up, whose
    code is then `waits_for`. `measured` says whether earlier anchors there were the measure."""

    chain_id: int
    registry: str
    trust: str
    anchored: float | None
    final: float | None
    measured: bool
    waits_for: str | None


class Eta(Schema):
    """Seconds from now until it is logged, anchored on the first chain and final there: an expectation, no
    promise. 0 once it is so, null where it is expected on no chain."""

    logged: float
    anchored: float | None
    final: float | None
    chains: list[ChainEta]


class Attestation(Summary):
    """One attestation. `reasons` say why it was accepted, held or refused; `error` why it failed, if it did,
    and `waiting` what it waits for if something it needs is away for now (a signing key, a time stamp).
    `eta` is null where nothing more comes by itself: held, refused, failed.

    `claim_sha256` and `binding_sha256` are its identity beside the file's digest; `embedded` says whether the
    signed file carries its manifest.
    """

    parents: list[str]
    embedded: bool
    removed_metadata: list[str]
    claim_sha256: str | None
    binding_sha256: str | None
    action: str
    reasons: list[Reason]
    error: Reason | None
    waiting: Reason | None
    eta: Eta | None
    evidence: Evidence


class Page(Schema):
    """A page of a list; `next` is the cursor of the following one, null at the end."""

    items: list[Summary]
    next: str | None


def path_of(submission: Submission) -> str:
    """The attestation's own path."""
    return f"{BASE}/{submission.pk}"


def _links(submission: Submission) -> dict[str, str]:
    path = path_of(submission)
    return {
        "self": path,
        "asset": f"{path}/asset",
        "manifest": f"{path}/manifest",
        "proof": f"{path}/proof",
    }


def accepted(submission: Submission) -> dict[str, Any]:
    """The answer to `POST /attestations`."""
    return {"id": str(submission.pk), "state": submission.state, "links": _links(submission)}


def summary(submission: Submission) -> dict[str, Any]:
    """One line of a list; wants `asset` and `signed` loaded."""
    return {
        **accepted(submission),
        "title": submission.title,
        "source_type": submission.source_type,
        "name": submission.name,
        "media_type": submission.asset.media_type,
        "size": submission.asset.size,
        "sha256": submission.asset.sha256,
        "signed_sha256": submission.signed.sha256 if submission.signed else None,
        "leaf_index": submission.leaf_index,
        "created_at": submission.created_at,
        "updated_at": submission.updated_at,
        "revoked_at": submission.revoked_at,
    }


def _evidence(submission: Submission, standing: Standing | None) -> dict[str, Any]:
    place = ("log_origin", "log_key", "attested_at", "checkpoint_size")
    return {
        "log": {name: getattr(standing, name) for name in place} if standing else None,
        "anchor": [asdict(anchor) for anchor in standing.anchors] if standing else [],
        "inspection": submission.inspection,
        "similarity": submission.similarity,
        "recipe": submission.recipe,
    }


def _eta(submission: Submission) -> dict[str, Any] | None:
    if submission.state in (State.HELD, State.REFUSED, State.FAILED):
        return None
    eta = expected(submission.leaf_index)
    return {
        "logged": eta.logged,
        "anchored": eta.anchored,
        "final": eta.final,
        "chains": [asdict(each) for each in eta.chains],
    }


def full(submission: Submission, standing: Standing | None) -> dict[str, Any]:
    """Everything its owner may see."""
    waiting = waiting_for(submission)
    error = {"code": submission.error_code, "sentence": submission.error} if submission.error_code else None
    return {
        **summary(submission),
        "parents": submission.parents,
        "embedded": submission.embedded,
        "removed_metadata": submission.removed,
        "claim_sha256": submission.claim_sha256 or None,
        "binding_sha256": submission.binding_sha256 or None,
        "action": submission.action,
        "reasons": submission.reasons,
        "error": error,
        "waiting": asdict(waiting) if waiting else None,
        "eta": _eta(submission),
        "evidence": _evidence(submission, standing),
    }
