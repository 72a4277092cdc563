"""The product's story on one page: what happens to content, from the door to the proof.

    attest:  receive → inspect → fingerprint → decide → sign → append → (seal → anchor, in batches)
    verify:  inspect, look up, match, report; nothing is stored
    screen:  fingerprint, match, index, report

A stage's result is written by compare-and-swap on the submission's state, so a stage that two workers
run at once, or one worker twice, counts once.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from attest.flows.cosign import cosign_newest
from attest.flows.revoke import revoke as revoke_leaf
from attest.flows.seal import seal as seal_log
from attest.proofs.bundle import ProofBundle
from attest.proofs.upgrade import public_part
from attest.queries import (
    anchored_size,
    latest_checkpoint,
    proof_for,
    registrations_of,
    standing,
    standing_of_leaf,
)
from attest.standing import Standing
from detector.fingerprints.compute import fingerprints
from detector.fingerprints.fingerprint import Fingerprints
from detector.flows.forget_item import forget_key
from detector.flows.index_item import index
from detector.similarity import Similarity
from provenance.assets.asset import Asset
from provenance.assets.label import visible
from provenance.flows.keep import keep
from provenance.inspection.inspection import Credential, Inspection
from provenance.manifests.manifest import SourceType
from service import job_table as table
from service import policy, wiring
from service.errors import ServiceError
from service.models import Account, Job, JobState, State, Submission
from service.report import Reason, Report, Subject, compose
from service.stages import STAGES, item_key, local
from service.verdicts import Facts, keep_screening, recipe_of, report_of
from service.wishes import Wishes

ATTEST = "attest"
NOTHING_MORE = Wishes()


@dataclass(frozen=True, slots=True)
class AttestRequest:
    """What somebody asks of us beside the bytes. `parents` are ids of their own earlier attestations."""

    source_type: str
    title: str = ""
    parents: tuple[str, ...] = ()
    idempotency_key: str | None = None
    wishes: Wishes = NOTHING_MORE

    def digest(self, asset_sha256: str) -> str:
        """One digest of bytes and wishes, to tell a repeated request from another one."""
        parts = [asset_sha256, self.source_type, self.title, *self.parents]
        parts += [f"{name}={value}" for name, value in sorted(self.wishes.as_dict().items())]
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


# --- attest -----------------------------------------------------------------------------------------


def submit(account: Account, asset: Asset, request: AttestRequest) -> Submission:
    """Accept content for attestation: stored, written down and queued in one transaction.

    Raises ServiceError `unknown_source_type`, `unknown_parent` or `idempotency_conflict`.
    """
    _check(account, request)
    digest = request.digest(asset.sha256)
    if request.idempotency_key:
        known = _known(account, request.idempotency_key, digest)
        if known is not None:
            return known
    stored = keep(asset, wiring.asset_store())
    try:
        with transaction.atomic():
            submission = Submission.objects.create(
                account=account,
                asset=stored,
                source_type=request.source_type,
                title=title_of(request.title) or asset.name,
                name=asset.name,
                parents=list(request.parents),
                wishes=request.wishes.as_dict(),
                idempotency_key=request.idempotency_key or None,
                request_sha256=digest,
            )
            job = table.enqueue(ATTEST, str(submission.pk))
            transaction.on_commit(lambda: wiring.dispatch(job.pk))
    except IntegrityError:
        known = _known(account, request.idempotency_key or "", digest)
        if known is None:
            raise
        return known
    return submission


def title_of(text: str) -> str:
    """A title on one line of at most 300 characters; bidi, invisible and control characters are marked."""
    return visible(text, 300)


def _check(account: Account, request: AttestRequest) -> None:
    if request.source_type not in set(SourceType):
        known = ", ".join(SourceType)
        raise ServiceError("unknown_source_type", f"source_type must be one of: {known}.")
    try:
        parents = {UUID(parent) for parent in request.parents}
    except ValueError as error:
        raise ServiceError("unknown_parent", "A parent is named by its attestation id.") from error
    if Submission.objects.filter(pk__in=parents, account=account).count() != len(parents):
        raise ServiceError("unknown_parent", "A parent is not among your attestations.")


def _known(account: Account, key: str, digest: str) -> Submission | None:
    earlier = Submission.objects.filter(account=account, idempotency_key=key).first()
    if earlier is not None and earlier.request_sha256 != digest:
        raise ServiceError("idempotency_conflict", "This Idempotency-Key was used for another request.")
    return earlier


def advance(submission_id: str) -> State:
    """Carry one submission as far as it goes now; the state it stands in afterwards."""
    submission = _loaded(submission_id)
    while (state := State(submission.state)) in STAGES:
        changes = STAGES[state](submission)
        if _swap(submission, changes):
            for name, value in changes.items():
                setattr(submission, name, value)
        else:
            # Somebody else moved it: go on from where it stands now.
            submission = _loaded(submission_id)
    return state


def _loaded(submission_id: str) -> Submission:
    rows = Submission.objects.select_related("account", "asset", "signed", "store")
    found = rows.filter(pk=submission_id).first()
    if found is None:
        raise ServiceError("not_found", f"There is no submission {submission_id}.")
    return found


def _swap(submission: Submission, changes: Mapping[str, object]) -> bool:
    """Write a stage's result, but only if nobody moved the submission meanwhile.

    What ends or waits here is taken out of the index in the same breath; a worker that came too late must not
    take out what another one accepted.
    """
    with transaction.atomic():
        unmoved = Submission.objects.filter(pk=submission.pk, state=submission.state)
        moved = bool(unmoved.update(updated_at=timezone.now(), **changes))
        if moved and changes["state"] in (State.HELD, State.REFUSED):
            forget_key(item_key(submission.pk))
    return moved


def give_up(submission_id: str, code: str, sentence: str) -> None:
    """Say on the submission why its job was poisoned; its bytes stay, its index entry goes.

    One that came through all the same (the worker died between its last stage and the job's end) keeps both.
    """
    with transaction.atomic():
        live = Submission.objects.filter(pk=submission_id, state__in=list(STAGES))
        if live.update(state=State.FAILED, error_code=code[:64], error=sentence, updated_at=timezone.now()):
            forget_key(item_key(submission_id))


def waiting_for(submission: Submission) -> Reason | None:
    """What keeps a live submission from going on for now, if its last try failed: it is tried again."""
    job = Job.objects.filter(kind=ATTEST, subject=str(submission.pk), state=JobState.QUEUED).first()
    return Reason(job.error_code, job.error) if job is not None and job.error_code else None


def revoke(submission: Submission, reason: str) -> Submission:
    """Revoke an attestation: a leaf of its own in the log. Raises `nothing_to_revoke` before it has one."""
    if submission.leaf_index is None:
        raise ServiceError(
            "nothing_to_revoke", "This submission has not been logged, so there is nothing to revoke."
        )
    with transaction.atomic():
        # The log takes 1 to 200 characters, and a reason is optional at every door.
        why = title_of(reason)[:200].strip() or "No reason was given."
        revoke_leaf(submission.leaf_index, why, key=f"revocation:{submission.pk}")
        Submission.objects.filter(pk=submission.pk, revoked_at=None).update(revoked_at=timezone.now())
    return _loaded(str(submission.pk))


def seal() -> int:
    """Sign a checkpoint over everything appended; how many submissions became `logged`."""
    key = wiring.log_key()
    sealed = seal_log(key, wiring.tile_store(), key.vkey.name, timezone.now())
    # A worker may have died between sealing and this update, so the latest checkpoint counts, new or not.
    checkpoint = sealed or latest_checkpoint()
    if checkpoint is None:
        return 0
    covered = Submission.objects.filter(state=State.APPENDED, leaf_index__lt=checkpoint.size)
    return covered.update(state=State.LOGGED, updated_at=timezone.now())


def cosign() -> int:
    """Have the witnesses of WITNESSES cosign the newest checkpoint; how many did."""
    return cosign_newest(wiring.witnesses(), wiring.tile_store())


def stamp() -> int:
    """Have the newest anchored checkpoint time-stamped by TSA_URL and OTS_CALENDARS; how many stamps came."""
    # The libraries of two protocols: only the worker asks for them, and only where somebody is to be asked.
    from attest.flows.stamp import stamp_newest

    return stamp_newest(wiring.config().tsa_urls, wiring.config().ots_calendars)


def anchor_job(place: int) -> str:
    """The kind of the recurring job that anchors on the chain at that place of the configuration."""
    return "anchor" if place == 0 else f"anchor-{place + 1}"


def anchor(place: int | None = None) -> int:
    """Bring the newest checkpoint to every chain, or to the one at that place of the configuration; how many
    submissions became `anchored`. Those whose anchor a chain lost are `logged` again meanwhile.
    """
    from service import anchoring

    try:
        anchoring.anchor_latest(place)
    finally:
        # One chain's trouble takes nothing from what another has anchored.
        covered = _follow_anchors()
    return covered


def _follow_anchors() -> int:
    size, now = anchored_size(), timezone.now()
    lost = Submission.objects.filter(state=State.ANCHORED, leaf_index__gte=size)
    lost.update(state=State.LOGGED, updated_at=now)
    covered = Submission.objects.filter(state=State.LOGGED, leaf_index__lt=size)
    return covered.update(state=State.ANCHORED, updated_at=now)


def proof(submission: Submission) -> ProofBundle:
    """The self-contained proof as far as it has come. Raises `proof_not_ready` before there is a leaf."""
    if submission.leaf_index is None or submission.signed is None or submission.store is None:
        raise ServiceError("proof_not_ready", "The attestation is not in the log yet.", permanent=False)
    store: bytes | None = None
    if not submission.embedded:
        with local(submission.store) as sidecar:
            store = sidecar.path.read_bytes()
    return proof_for(
        submission.leaf_index,
        vkey=wiring.log_key().vkey,
        media_type=submission.signed.media_type,
        title=submission.title,
        store=store,
        registrations=registrations_of(wiring.log_key()),
    )


def proof_part(leaf_index: int) -> dict[str, Any]:
    """What anybody may have of a leaf's proof: no salt, no digest. Raises LeafUnknown."""
    key = wiring.log_key()
    return public_part(proof_for(leaf_index, key.vkey, registrations=registrations_of(key)))


def standing_of(submission: Submission) -> Standing | None:
    """Where an attestation stands in the log and on chains; None before it has a leaf."""
    if submission.leaf_index is None:
        return None
    return standing_of_leaf(submission.leaf_index, wiring.log_key().vkey)


# --- verify -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verified:
    """The report and, of a picture, a small JPEG of it to be shown to whoever sent it."""

    report: Report
    thumbnail: bytes | None


def verify(
    asset: Asset, store: Path | None = None, *, remote: bool = False, revocation: bool = False
) -> Report:
    """The report of verified() alone."""
    return verified(asset, store, remote=remote, revocation=revocation).report


def verified(
    asset: Asset, store: Path | None = None, *, remote: bool = False, revocation: bool = False
) -> Verified:
    """Everything we can say of these bytes, with nothing stored.

    `store` speaks only for content that carries no credential of its own. Nobody else is asked unless
    `revocation` (the signers' authorities) or `remote` (credentials that the content only names) says so.
    """
    inspection = wiring.inspector().inspect(asset, remote=remote, revocation=revocation)
    detached = store is not None and inspection.credential is Credential.NONE
    if detached:
        inspection = wiring.inspector().inspect(asset, store, revocation=revocation)
    prints = prints_of(asset)
    # Nobody's private stream answers here: only what was attested is compared with.
    similarity = replace(
        wiring.live_index().match(prints, tenant_filter=""), bank=wiring.banks().look_up(prints)
    )
    subject = Subject(asset.sha256, asset.media_type, asset.name, asset.size, detached)
    facts = Facts(
        subject, inspection, _standing(asset, inspection), similarity, recipe_of(prints, similarity)
    )
    return Verified(report_of(facts), prints.thumbnail)


def _standing(asset: Asset, inspection: Inspection) -> Standing:
    digests = {"file": asset.sha256, "asset": asset.sha256}
    # A manifest moved onto other content carries a known claim; only one that fits its content counts.
    fits = inspection.credential in (Credential.TRUSTED, Credential.UNTRUSTED_ISSUER)
    if fits and inspection.claim_sha256 and inspection.binding_sha256:
        digests |= {"claim": inspection.claim_sha256, "binding": inspection.binding_sha256}
    return standing(digests, wiring.log_key().vkey)


def prints_of(asset: Asset) -> Fingerprints:
    """The content's fingerprints, for whoever puts it into a bank."""
    return fingerprints(asset.path, asset.medium, asset.sha256, wiring.embedders())


def lookup(sha256: str) -> Report:
    """What the log knows of a digest alone; credentials and likeness cannot be checked without the bytes."""
    found = standing({"file": sha256, "asset": sha256}, wiring.log_key().vkey)
    return policy.decide(compose(Subject(sha256), Inspection(Credential.UNCHECKED), found, Similarity()))


# --- screen -----------------------------------------------------------------------------------------


def screen(
    asset: Asset, *, tenant: str, source: str = "", author: str = "", key: str | None = None
) -> Report:
    """Index one item of a platform's stream and say what it resembles; a repeated `key` indexes once."""
    inspection = wiring.inspector().inspect(asset)
    prints = prints_of(asset)
    live = wiring.live_index()
    item = index(
        prints,
        kind="screened",
        tenant=tenant,
        source=source,
        author=author,
        time=timezone.now(),
        key=f"screened:{tenant}:{key}" if key else None,
    )
    if item.sha256 != prints.sha256:
        raise ServiceError("idempotency_conflict", "This Idempotency-Key was used for another request.")
    similarity = live.with_campaign(live.match(prints, tenant_filter=tenant, exclude={item.pk}), item)
    similarity = replace(similarity, bank=wiring.banks().look_up(prints))
    subject = Subject(asset.sha256, asset.media_type, asset.name, asset.size)
    facts = Facts(
        subject, inspection, _standing(asset, inspection), similarity, recipe_of(prints, similarity)
    )
    report = replace(report_of(facts), id=str(item.uid))
    keep_screening(tenant, report, facts, prints)
    return report
