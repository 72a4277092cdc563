"""The JUMBF and CBOR readers: exact on what the SDK writes, and an error of ours on anything else."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.errors import ProvenanceError
from provenance.inspection import cbor, claim, extract, jumbf
from provenance.manifests.manifest import Manifest


def test_a_signed_store_parses_to_its_claim(signed: Manifest) -> None:
    store = jumbf.parse(signed.store_path.read_bytes())
    active = jumbf.manifests(store)[-1]
    assert active.label == signed.label
    assert active.label.startswith("urn:c2pa:")
    labels = {box.label for box in jumbf.assertion_boxes(active)}
    assert {"c2pa.actions.v2", "c2pa.hash.data"} <= labels
    assert claim.identity(signed.store_path.read_bytes()).claim_sha256 == signed.claim_sha256


def test_a_manifest_alone_is_still_a_store_and_rubbish_is_none(signed: Manifest) -> None:
    store = signed.store_path.read_bytes()
    assert claim.identity(jumbf.active_alone(store)) == claim.identity(store)
    for broken in (b"", store[:40], store[8:]):
        with pytest.raises(ProvenanceError):
            jumbf.active_alone(broken)


@settings(max_examples=300)
@given(data=st.data())
def test_a_damaged_store_never_raises_anything_but_our_error(data: st.DataObject, store_bytes: bytes) -> None:
    damaged = bytearray(store_bytes)
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(damaged[: data.draw(st.integers(0, len(damaged)))])
    for attempt in (bytes(damaged), cut):
        with suppress(ProvenanceError):
            claim.identity(attempt)


@given(st.binary(max_size=200))
def test_random_bytes_never_crash_the_readers(raw: bytes) -> None:
    for reader in (jumbf.parse, cbor.decode, claim.identity):
        with suppress(ProvenanceError):
            reader(raw)


@given(st.binary(max_size=400))
def test_extraction_from_random_bytes_never_crashes(raw: bytes) -> None:
    for media_type in ("image/jpeg", "image/gif", "image/svg+xml", "image/png"):
        list(extract.candidates(b"\xff\xd8\xff\xeb" + raw, media_type))
        list(extract.candidates(raw, media_type))


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("00", 0), ("3863", -100), ("1903e8", 1000), ("43010203", b"\1\2\3"), ("6161", "a"), ("f5", True),
        ("f6", None), ("83010203", [1, 2, 3]), ("a1616101", {"a": 1}), ("c11a514b67b0", 1363896240),
        ("9f0102ff", [1, 2]), ("5f42010243030405ff", b"\1\2\3\4\5"), ("fb3ff199999999999a", 1.1),
        ("bf616101ff", {"a": 1}), ("f93c00", 1.0),
    ],
)  # fmt: skip
def test_the_examples_of_rfc_8949_decode(raw: str, value: object) -> None:
    assert cbor.decode(bytes.fromhex(raw)) == value


@pytest.mark.parametrize(
    "raw",
    ["", "18", "430102", "8201", "a161", "ff", "0000", "9f01", "a2616101616102", "1c", "9bffffffffffffffff"],
)
def test_broken_cbor_is_refused(raw: str) -> None:
    with pytest.raises(cbor.MalformedCbor):
        cbor.decode(bytes.fromhex(raw))


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(cbor.MalformedCbor):
        cbor.decode(b"\x81" * 5000 + b"\x00")


@pytest.fixture(scope="session")
def store_bytes(writer: object, media: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    from provenance.assets.intake import from_path
    from provenance.assets.limits import Limits
    from provenance.manifests.manifest import Declaration, SourceType

    asset = from_path(media["png"], Limits())
    declaration = Declaration(SourceType.HUMAN, "x")
    made = writer.sign(asset, declaration, tmp_path_factory.mktemp("store"), "x")  # type: ignore[attr-defined]
    return made.store_path.read_bytes()
