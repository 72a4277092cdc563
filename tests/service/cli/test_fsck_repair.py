"""`assay fsck --repair`: what can be rebuilt is, what cannot is said, and nothing else is written."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from attest.log.merkle import CompactRange
from attest.models import CheckpointAnchor, CheckpointRow, LeafDigest, LeafRow, LogHead
from detector.models import FingerprintRow, Item
from provenance.models import StoredAsset
from service import pipeline, wiring
from service.cli import local
from service.cli.fsck import chain as chain_part
from service.cli.progress import Steps
from service.models import Job, State, Submission
from service.pipeline import AttestRequest


def fsck(*flags: str) -> tuple[int, list[dict[str, Any]]]:
    out, code = StringIO(), 0
    try:
        call_command("fsck", "--json", *flags, stdout=out, stderr=StringIO())
    except SystemExit as end:
        code = int(str(end.code))
    return code, [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.fixture
def attested(house: Path, account: Any, tmp_path: Path, paint: Any) -> Submission:
    row = local.submit(account, paint(tmp_path / "a.jpg", 11), AttestRequest("human", "A"))
    local.submit(account, paint(tmp_path / "b.jpg", 12), AttestRequest("human", "B"))
    done = local.drive(row, Steps())
    wiring.live_index().snapshot()
    return done


def _change(**columns: object) -> Callable[[Submission, Path], object]:
    return lambda row, _: Submission.objects.filter(pk=row.pk).update(**columns)


def _truncate_snapshot(_: Submission, house: Path) -> None:
    largest = max((house / "index").rglob("*.index"), key=lambda path: path.stat().st_size)
    largest.write_bytes(largest.read_bytes()[:-1])


def _orphan(row: Submission, _: Path) -> None:
    Job.objects.filter(subject=str(row.pk)).delete()
    hour_ago = timezone.now() - timedelta(hours=1)
    Submission.objects.filter(pk=row.pk).update(state=State.SIGNED, leaf_index=None, updated_at=hour_ago)


DAMAGES: dict[str, tuple[str, Callable[[Submission, Path], object]]] = {
    "a lost checkpoint file": (
        "checkpoint_file_missing",
        lambda _, house: (house / "log/checkpoint").unlink(),
    ),
    "a damaged head": ("head_differs", lambda _r, _h: LogHead.objects.update(compact_range=[])),
    "a place forgotten": ("leaf_index_differs", _change(leaf_index=7)),
    "a state ahead of the chain": ("not_anchored", _change(state=State.ANCHORED)),
    "a revocation in one place": ("revocation_differs", _change(revoked_at=timezone.now())),
    "an attestation that cannot be found": (
        "not_findable",
        lambda row, _: Item.objects.filter(subject=str(row.pk)).delete(),
    ),
    "a lost fingerprint": (
        "item_not_found",
        lambda row, _: FingerprintRow.objects.filter(item__subject=str(row.pk)).update(value=b"\0" * 32),
    ),
    "an item of nobody": (
        "item_without_submission",
        lambda _r, _h: Item.objects.filter(pk=Item.objects.order_by("pk").last().pk).update(subject=None),
    ),
    "a truncated snapshot": ("snapshot_invalid", _truncate_snapshot),
    "a submission that nobody carries on": ("job_missing", _orphan),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_can_be_rebuilt_is_named_and_rebuilt(attested: Submission, house: Path, damage: str) -> None:
    code, cause = DAMAGES[damage]
    cause(attested, house)
    assert code in [each["code"] for each in fsck()[1]]
    ended, found = fsck("--repair")
    assert ended == 0
    assert code in {each["code"] for each in found}
    assert all(each["repaired"] for each in found)
    assert fsck("--full") == (0, [])


def test_without_repair_nothing_is_changed(attested: Submission, house: Path) -> None:
    (house / "log/checkpoint").unlink()
    assert fsck()[0] == 1
    assert fsck()[0] == 1
    assert not (house / "log/checkpoint").exists()


def test_what_cannot_be_rebuilt_is_said_and_left(attested: Submission, house: Path) -> None:
    stored = StoredAsset.objects.order_by("pk")[0]
    Path(wiring.storage().path(stored.key)).unlink()
    (house / "log/checkpoint").unlink()
    code, found = fsck("--repair")
    assert code == 1
    assert {(each["code"], each["repaired"]) for each in found} == {
        ("checkpoint_file_missing", True),
        ("asset_missing", False),
    }


def test_an_edited_leaf_stops_the_log_from_being_rebuilt(attested: Submission, house: Path) -> None:
    leaf = LeafRow.objects.get(index=0)
    edited = bytes(leaf.data).replace(b"human", b"humAn")
    LeafRow.objects.filter(pk=leaf.pk).update(data=edited)
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit):
        call_command("fsck", "--repair", stdout=out, stderr=err)
    assert out.getvalue().startswith("first difference: log: The bytes of leaf 0")
    assert "NOT repaired" in out.getvalue()
    assert "repair of log" in err.getvalue()
    assert bytes(LeafRow.objects.get(index=0).data) == edited


def test_a_proof_that_cannot_be_made_is_named(attested: Submission) -> None:
    LeafRow.objects.filter(index=0).update(salt=bytes(32))
    assert ("proofs", "leaf_not_opened") in {(each["part"], each["code"]) for each in fsck()[1]}


@pytest.fixture
def anchored(chain: str, attested: Submission) -> Submission:
    pipeline.revoke(attested, "mistaken")
    for _ in range(3):
        pipeline.seal()
        pipeline.anchor()
    wiring.live_index().snapshot()
    assert fsck() == (0, [])
    return attested


@pytest.mark.network
def test_an_anchor_that_the_registry_does_not_know_is_named_and_made_true(anchored: Submission) -> None:
    CheckpointAnchor.objects.update(block_number=999)
    assert [each["code"] for each in fsck()[1]] == ["anchor_differs"] * CheckpointAnchor.objects.count()
    assert fsck("--repair")[0] == 0
    pipeline.anchor()
    assert fsck() == (0, [])
    assert set(CheckpointAnchor.objects.values_list("state", flat=True)) == {"final"}


@pytest.mark.network
def test_a_bit_that_the_chain_lacks_is_named_and_sent(anchored: Submission, account: Any) -> None:
    # The database says that the other one was revoked long ago, and no transaction ever told the chain.
    revocation = LeafRow.objects.get(kind="revocation")
    long_ago = timezone.now() - timedelta(days=9)
    LeafRow.objects.filter(index=1).update(revoked_by=revocation, revoked_at=long_ago)
    Submission.objects.filter(leaf_index=1).update(revoked_at=long_ago)
    pipeline.anchor()
    assert "revocation_bit_missing" in [each["code"] for each in fsck()[1]]
    chain_part.repair([])
    pipeline.anchor()
    assert "revocation_bit_missing" not in [each["code"] for each in fsck()[1]]


@pytest.mark.network
def test_a_chain_that_is_ahead_of_an_old_backup_is_named(anchored: Submission, house: Path) -> None:
    newest = CheckpointRow.objects.order_by("-size")[0]
    CheckpointAnchor.objects.filter(checkpoint=newest).delete()
    newest.delete()
    LeafRow.objects.filter(revoked_by__isnull=False).update(revoked_by=None, revoked_at=None)
    Submission.objects.update(revoked_at=None)
    LeafDigest.objects.filter(leaf__index__gte=2).delete()
    LeafRow.objects.filter(index__gte=2).delete()
    hashes = [bytes(row.leaf_hash) for row in LeafRow.objects.order_by("index")]
    grown = CompactRange().extend(hashes)
    LogHead.objects.update(size=2, compact_range=[each.hex() for each in grown.hashes])
    found = {each["code"] for each in fsck()[1]}
    assert {"log_rolled_back", "registry_ahead", "revocation_bit_foreign"} <= found
    # The published files bring back what the database lost, and the chain agrees with it again.
    fsck("--repair")
    left = {each["code"] for each in fsck()[1]}
    assert not left & {"log_rolled_back", "registry_ahead", "registry_forked", "revocation_bit_foreign"}


@pytest.mark.network
def test_a_registry_that_holds_another_root_is_named(anchored: Submission, monkeypatch: Any) -> None:
    head = wiring.chains()[0].client.last
    monkeypatch.setattr(
        type(wiring.chains()[0].client), "last", lambda self, *a: replace(head(*a), root=bytes(32))
    )
    assert "registry_forked" in [each["code"] for each in fsck()[1]]
