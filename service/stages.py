"""What each stage of an attestation does: reads a submission, returns the columns it sets.

A stage may run twice (a worker can die after it and before the compare-and-swap), so each is idempotent:
what it writes elsewhere is keyed by the submission or by content.
"""

import base64
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from attest.flows.append import append as append_leaf
from attest.log.leaf import Kind, Opening
from attest.queries import sealed_size
from detector.fingerprints.compute import fingerprints
from detector.fingerprints.fingerprint import Fingerprint, Fingerprints, Unread
from detector.fingerprints.soft_binding import soft_bindings
from detector.flows.index_item import index
from detector.models import Item
from provenance.assets.asset import Asset, Medium
from provenance.flows.keep import keep
from provenance.manifests.manifest import Declaration, Manifest, SoftBinding, SourceType
from provenance.models import StoredAsset
from service import job_table as table
from service import policy, wiring
from service.errors import ServiceError
from service.models import State, Submission, Thumbnail
from service.report import inspection_from
from service.verdicts import recipe_of
from service.wishes import wishes_from

Changes = dict[str, Any]
Stage = Callable[[Submission], Changes]


@contextmanager
def local(stored: StoredAsset, name: str = "") -> Iterator[Asset]:
    """A stored asset as a local file for as long as the block runs."""
    with wiring.asset_store().materialise(stored.key) as path:
        yield Asset(
            sha256=stored.sha256,
            size=stored.size,
            media_type=stored.media_type,
            medium=Medium(stored.medium),
            name=name or stored.name,
            path=path,
        )


def inspect(submission: Submission) -> Changes:
    """Read the content credentials the upload already carries."""
    with local(submission.asset, submission.name) as asset:
        inspection = wiring.inspector().inspect(asset)
    return {"state": State.INSPECTED, "inspection": asdict(inspection)}


def fingerprint(submission: Submission) -> Changes:
    """Compute the codes and vectors that survive small changes, and keep a small picture of a picture."""
    with local(submission.asset, submission.name) as asset:
        prints = fingerprints(asset.path, asset.medium, asset.sha256, wiring.embedders())
    if prints.thumbnail is not None:
        Thumbnail.objects.update_or_create(submission=submission, defaults={"jpeg": prints.thumbnail})
    return {"state": State.FINGERPRINTED, "fingerprints": _prints_to_json(prints)}


def decide(submission: Submission) -> Changes:
    """Accept, hold or refuse, before anything is signed.

    The upload is made findable first and then compared with what was findable before it, so that of two
    accounts that bring the same picture at the same moment exactly one is first, without a lock. What is
    not accepted is taken out again when the result is written.
    """
    prints = prints_from_json(submission.fingerprints)
    tenant = submission.account.tenant
    live = wiring.live_index()
    item = indexed(submission, prints)
    similarity = replace(
        live.match(prints, tenant_filter=tenant, before=item.pk), bank=wiring.banks().look_up(prints)
    )
    credential = inspection_from(submission.inspection).credential.value
    broken_too = wishes_from(submission.wishes).accept_broken_parent
    verdict = policy.attestable(similarity, tenant, credential, accept_broken_parent=broken_too)
    state = State.ACCEPTED
    if verdict.action is policy.Action.FLAG:
        state = State.REFUSED
    elif verdict.action is policy.Action.REVIEW and submission.reviewed_by_id is None:
        state = State.HELD
    changes: Changes = {
        "state": state,
        "similarity": asdict(similarity),
        "action": verdict.action.value,
        "reasons": [asdict(reason) for reason in verdict.reasons],
        "recipe": asdict(recipe_of(prints, similarity)),
    }
    if state is State.REFUSED:
        changes["fingerprints"] = {}
        changes |= {"error_code": verdict.reasons[0].code, "error": verdict.reasons[0].sentence}
    return changes


def item_key(submission_id: object) -> str:
    """Under what a submission's item is indexed."""
    return f"attested:{submission_id}"


def indexed(submission: Submission, prints: Fingerprints) -> Item:
    """The submission's item, written now if it is not there."""
    return index(
        prints,
        kind="attested",
        tenant=submission.account.tenant,
        subject=str(submission.pk),
        time=submission.created_at,
        key=item_key(submission.pk),
    )


def sign(submission: Submission) -> Changes:
    """Sign a C2PA manifest, embedded where the format allows, and keep both forms."""
    # A folder of this run's own: a worker that lost its lease may still be writing in another one.
    folder = Path(tempfile.mkdtemp(prefix=f"{submission.pk}-", dir=wiring.work_folder()))
    try:
        with ExitStack() as held:
            asset = held.enter_context(local(submission.asset, submission.name))
            parents = tuple(held.enter_context(local(parent)).path for parent in _parents(submission))
            manifest = wiring.writer().sign(asset, _declaration(submission, parents), folder, "signed")
            signed = keep(_signed_asset(manifest, asset), wiring.asset_store())
            store = keep(_store_asset(manifest), wiring.asset_store())
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {
        "state": State.SIGNED,
        "signed": signed,
        "store": store,
        "fingerprints": {},
        "embedded": manifest.embedded,
        "removed": list(manifest.removed),
        "manifest_label": manifest.label,
        "claim_sha256": manifest.claim_sha256,
        "binding_sha256": manifest.binding_sha256,
    }


def append(submission: Submission) -> Changes:
    """Append the attestation to the log, exactly once by its id."""
    if submission.signed is None or submission.store is None:
        raise ServiceError("internal_state", "A signed submission lost its signed file.")
    digests = {
        "file": submission.signed.sha256,
        "asset": submission.asset.sha256,
        "claim": submission.claim_sha256,
        "binding": submission.binding_sha256,
        "store": submission.store.sha256,
    }
    leaf = append_leaf(
        Kind.ATTESTATION,
        key=f"attestation:{submission.pk}",
        opening=Opening.fresh(digests),
        source_type=submission.source_type,
    )
    if leaf.index + 1 - sealed_size() >= wiring.config().seal_leaves:
        table.hasten("seal")
    return {"state": State.APPENDED, "leaf_index": leaf.index}


def _declaration(submission: Submission, parents: tuple[Path, ...]) -> Declaration:
    wishes = wishes_from(submission.wishes)
    small = Thumbnail.objects.filter(submission=submission).first()
    return Declaration(
        source_type=SourceType(submission.source_type),
        title=submission.title,
        parents=parents,
        thumbnail=bytes(small.jpeg) if small is not None else None,
        soft_bindings=tuple(SoftBinding(*pair) for pair in submission.fingerprints.get("soft_bindings", ())),
        training=wishes.choice,
        author=wishes.author or None,
        keep_metadata=wishes.keep_metadata,
        accept_broken_parent=wishes.accept_broken_parent,
        embed_text=wishes.embed_text,
    )


def _parents(submission: Submission) -> list[StoredAsset]:
    rows = Submission.objects.filter(pk__in=submission.parents, account=submission.account)
    return [row.signed or row.asset for row in rows.select_related("signed", "asset")]


def _signed_asset(manifest: Manifest, source: Asset) -> Asset:
    return Asset(
        sha256=manifest.signed_sha256,
        size=manifest.signed_path.stat().st_size,
        media_type=manifest.media_type,
        medium=source.medium,
        name=source.name,
        path=manifest.signed_path,
    )


def _store_asset(manifest: Manifest) -> Asset:
    path: Path = manifest.store_path
    return Asset(
        manifest.store_sha256, path.stat().st_size, "application/c2pa", Medium.OTHER, "manifest.c2pa", path
    )


def _prints_to_json(prints: Fingerprints) -> dict[str, Any]:
    return {
        "sha256": prints.sha256,
        "medium": prints.medium.value,
        "excerpt": prints.excerpt,
        "unread": asdict(prints.unread) if prints.unread else None,
        "prints": [
            {"method": p.method, "value": base64.b64encode(p.value).decode(), "quality": p.quality}
            for p in prints.prints
        ],
        "soft_bindings": soft_bindings(prints),
    }


def prints_from_json(stored: dict[str, Any]) -> Fingerprints:
    """Fingerprints as they were kept between two stages."""
    return Fingerprints(
        sha256=stored["sha256"],
        medium=Medium(stored["medium"]),
        excerpt=stored["excerpt"],
        unread=Unread(**stored["unread"]) if stored.get("unread") else None,
        prints=tuple(
            Fingerprint(p["method"], base64.b64decode(p["value"]), p["quality"]) for p in stored["prints"]
        ),
    )


# The order of the story. Sealing and anchoring work on batches and are not in it: they move many at once.
STAGES: dict[State, Stage] = {
    State.RECEIVED: inspect,
    State.INSPECTED: fingerprint,
    State.FINGERPRINTED: decide,
    State.ACCEPTED: sign,
    State.SIGNED: append,
}
