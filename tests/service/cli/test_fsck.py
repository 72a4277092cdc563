"""`assay fsck`: clean after ordinary work, and every kind of damage is named."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from attest.models import LeafDigest, LeafRow
from detector.models import FingerprintRow, Item
from provenance.models import StoredAsset
from service import pipeline, wiring
from service.cli import local
from service.cli.progress import Steps
from service.models import State, Submission
from service.pipeline import AttestRequest


def fsck(*flags: str) -> tuple[int, list[str]]:
    out, code = StringIO(), 0
    try:
        call_command("fsck", "--json", *flags, stdout=out, stderr=StringIO())
    except SystemExit as end:
        code = int(str(end.code))
    return code, [json.loads(line)["code"] for line in out.getvalue().splitlines()]


@pytest.fixture
def attested(house: Path, account: Any, tmp_path: Path, paint: Any) -> Submission:
    row = local.submit(account, paint(tmp_path / "a.jpg", 11), AttestRequest("human", "A"))
    local.submit(account, paint(tmp_path / "b.jpg", 12), AttestRequest("human", "B"))
    done = local.drive(row, Steps())
    wiring.live_index().snapshot()
    return done


def test_an_installation_after_ordinary_work_is_clean(attested: Submission) -> None:
    assert fsck() == (0, [])


def test_an_empty_installation_is_clean(house: Path) -> None:
    assert fsck() == (0, [])


def test_a_revoked_attestation_is_clean(attested: Submission) -> None:
    pipeline.revoke(attested, "mistaken")
    pipeline.seal()
    assert fsck() == (0, [])


def test_lost_and_altered_content_is_named(attested: Submission) -> None:
    first, second = StoredAsset.objects.order_by("pk")[:2]
    Path(wiring.storage().path(first.key)).unlink()
    path = Path(wiring.storage().path(second.key))
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    assert fsck() == (1, ["asset_missing", "content_differs"])


def test_an_edited_leaf_is_named(attested: Submission) -> None:
    leaf = LeafRow.objects.get(index=0)
    LeafRow.objects.filter(pk=leaf.pk).update(data=bytes(leaf.data).replace(b"human", b"humAn"))
    code, found = fsck()
    assert code == 1
    assert "leaf_hash_differs" in found


def test_a_submission_that_points_elsewhere_is_named(attested: Submission) -> None:
    Submission.objects.filter(pk=attested.pk).update(leaf_index=7)
    assert set(fsck()[1]) == {"leaf_index_differs", "leaf_missing"}


def test_an_exchanged_digest_is_named(attested: Submission) -> None:
    Submission.objects.filter(pk=attested.pk).update(claim_sha256="00" * 32)
    assert fsck() == (1, ["digest_differs"])


def test_a_state_ahead_of_the_log_is_named(attested: Submission) -> None:
    Submission.objects.filter(pk=attested.pk).update(state=State.ANCHORED)
    assert fsck() == (1, ["not_anchored"])
    Submission.objects.filter(pk=attested.pk).update(state=State.APPENDED, leaf_index=None)
    assert "leaf_index_differs" in fsck()[1]


def test_an_attestation_that_cannot_be_found_is_named(attested: Submission) -> None:
    Item.objects.filter(subject=str(attested.pk)).delete()
    assert "not_findable" in fsck()[1]


def test_a_lost_fingerprint_is_named(attested: Submission, house: Path) -> None:
    item = Item.objects.get(subject=str(attested.pk))
    FingerprintRow.objects.filter(item=item).update(value=b"\0" * 32)
    assert "item_not_found" in fsck()[1]


def test_a_truncated_snapshot_is_named(attested: Submission, house: Path) -> None:
    largest = max((house / "index").rglob("*.index"), key=lambda path: path.stat().st_size)
    largest.write_bytes(largest.read_bytes()[:-1])
    assert "snapshot_invalid" in fsck()[1]


def test_an_altered_tile_and_a_lost_checkpoint_are_named(attested: Submission, house: Path) -> None:
    tile = next((house / "log").rglob("entries/**/*.p/*"))
    tile.chmod(0o600)
    tile.write_bytes(tile.read_bytes() + b"!")
    (house / "log" / "checkpoint").unlink()
    found = fsck()[1]
    assert "tile_differs" in found
    assert "checkpoint_file_missing" in found


def test_an_erased_link_is_not_a_difference_of_the_submission(attested: Submission) -> None:
    LeafDigest.objects.filter(leaf__index=0).delete()
    LeafRow.objects.filter(index=0).update(salt=None)
    assert "digest_differs" not in fsck()[1]
