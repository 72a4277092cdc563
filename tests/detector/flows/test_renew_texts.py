from pathlib import Path

import numpy as np
import pytest

from detector.fingerprints.compute import Embedders, text_fingerprints
from detector.fingerprints.fingerprint import Fingerprint, Fingerprints
from detector.flows.index_item import index
from detector.flows.live_index import LiveIndex
from detector.models import FingerprintRow
from provenance.assets.asset import Medium

pytestmark = pytest.mark.django_db

SPAM = "Congratulations, you have won a new phone: reply with your address to claim it before Friday"
CHANGED = "C0ngratulat10ns, you have w0n a new ph0ne: reply with y0ur address to claim it bef0re Monday"


def of_the_first_version(excerpt: str) -> Fingerprints:
    vector = np.ones(512, dtype="<f4") / np.sqrt(512)
    prints = (
        Fingerprint("sha256/1", b"\1" * 32),
        Fingerprint("textsha/1", b"\2" * 32),
        Fingerprint("shingle3/1", vector.tobytes(), 100),
    )
    return Fingerprints("01" * 32, Medium.TEXT, prints, excerpt)


def test_a_text_kept_by_an_earlier_version_is_found_by_its_excerpt(
    tmp_path: Path, without_model: Embedders
) -> None:
    kept = index(of_the_first_version(SPAM.lower()), kind="attested", tenant="t")
    found = LiveIndex(tmp_path).match(text_fingerprints([CHANGED], without_model)[0])
    assert [match.item for match in found.matches] == [str(kept.uid)]
    methods = set(FingerprintRow.objects.values_list("method", flat=True))
    assert {"textsha/3", "shingle3/3", "skeleton/3", "shingle3/1"} <= methods


def test_renewing_again_changes_nothing(tmp_path: Path, without_model: Embedders) -> None:
    index(of_the_first_version(SPAM.lower()), kind="attested", tenant="t")
    for folder in ("one", "two"):
        LiveIndex(tmp_path / folder).warm()
        assert FingerprintRow.objects.count() == 6


def test_a_text_cut_in_its_excerpt_keeps_to_its_digest(tmp_path: Path, without_model: Embedders) -> None:
    index(of_the_first_version("a word " * 71 + "abc"), kind="attested", tenant="t")
    LiveIndex(tmp_path).warm()
    assert FingerprintRow.objects.count() == 3


def test_a_snapshot_of_another_version_is_not_used(tmp_path: Path, without_model: Embedders) -> None:
    index(of_the_first_version(SPAM.lower()), kind="attested", tenant="t")
    live = LiveIndex(tmp_path)
    live.warm()
    live.snapshot()
    manifest = tmp_path / "manifest.json"
    manifest.write_text(manifest.read_text().replace("shingle3/3", "shingle3/1"))
    again = LiveIndex(tmp_path)
    again.warm()
    assert again.match(text_fingerprints([CHANGED], without_model)[0]).matches
