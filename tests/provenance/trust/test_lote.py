"""Lists of trusted entities: what they say of themselves is kept; hostile ones are refused in a sentence."""

import base64
import contextlib
import json
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.errors import TrustListInvalid
from provenance.inspection.inspection import Credential
from provenance.inspection.reader import Inspector
from provenance.keys import devpki
from provenance.manifests.manifest import Manifest
from provenance.trust.documents import parse
from provenance.trust.files import load, store_of
from provenance.trust.lists import ListKind, TrustList
from provenance.trust.lote import parse_lote

Certify = Callable[..., x509.Certificate]
Lote = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def known(certify: Certify) -> x509.Certificate:
    return certify("known")


def services(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        service["ServiceInformation"]
        for entity in document["LoTE"]["TrustedEntitiesList"]
        for service in entity["TrustedEntityServices"]
    ]


def test_a_list_says_its_number_its_times_and_its_name(certify: Certify, lote: Lote) -> None:
    made = parse_lote(lote([certify("A"), certify("B")]))
    assert (made.name, made.kind, made.version, made.sequence) == (
        "Press Trust List", ListKind.MANIFEST, "7, 2026-08-05", 7,
    )  # fmt: skip
    assert made.issued == datetime(2026, 8, 5, 0, 11, 39, tzinfo=UTC)
    assert made.is_overdue(datetime(2027, 8, 6, tzinfo=UTC))
    assert not made.is_overdue(datetime(2027, 8, 4, tzinfo=UTC))
    assert len(made.certificates()) == 2


def test_a_next_update_is_also_read_in_the_form_of_the_standard(certify: Certify, lote: Lote) -> None:
    wrapped = parse_lote(lote([certify("A")], NextUpdate={"dateTime": "2026-12-01T00:00:00Z"}))
    assert wrapped.next_update == datetime(2026, 12, 1, tzinfo=UTC)
    closed = parse_lote(lote([certify("A")], NextUpdate=None))
    assert closed.next_update is None
    assert not closed.is_overdue()


@pytest.mark.parametrize(
    ("title", "clock", "expected"),
    [
        ("C2PA TSA Trust List", False, ListKind.TSA),
        ("Time-Stamping authorities of the press", False, ListKind.TSA),
        ("C2PA Trust List", True, ListKind.MANIFEST),
        ("Press Trust List", False, ListKind.MANIFEST),
        ("Press Trust List", True, ListKind.TSA),
    ],
)
def test_the_kind_is_read_from_the_name_else_from_the_certificates(
    certify: Certify, lote: Lote, title: str, clock: bool, expected: ListKind
) -> None:
    named = [{"lang": "en", "value": title}]
    made = parse_lote(lote([certify("A"), certify("B", clock=clock)], SchemeName=named))
    assert made.kind is expected


def test_a_list_of_clocks_is_never_taken_for_signers(certify: Certify, lote: Lote) -> None:
    clocks = lote([certify("A")], SchemeName=[{"lang": "en", "value": "C2PA TSA Trust List"}])
    with pytest.raises(TrustListInvalid) as caught:
        parse_lote(clocks, kind="manifest")
    assert caught.value.code == "trust_list_kind"


def test_what_is_no_authority_is_left_out_and_named(certify: Certify, lote: Lote) -> None:
    twice, leaf, withdrawn, broken = (certify(name, ca=name != "leaf") for name in ("A", "leaf", "W", "X"))
    document = lote([twice, leaf, withdrawn, broken, twice])
    services(document)[2]["ServiceStatus"] = "http://c2pa.org/conformance/trust-list/withdrawn"
    services(document)[3]["ServiceDigitalIdentity"]["X509Certificates"][0]["val"] = "AAAA"
    made = parse_lote(document)
    assert made.certificates() == [twice]
    notes = "\n".join(made.left_out)
    assert "service 2: its status is http://c2pa.org/conformance/trust-list/withdrawn" in notes
    assert "service 3: its certificate cannot be read" in notes
    assert "CN=leaf: not a certificate authority" in notes
    assert "CN=A: named twice" in notes
    assert len(made.left_out) == 4


def test_no_certificate_changed_in_a_byte_breaks_a_list(lote: Lote, known: x509.Certificate) -> None:
    der = known.public_bytes(Encoding.DER)
    for place in range(len(der)):
        changed = bytearray(der)
        changed[place] ^= 0x5A
        document = lote([known, known])
        identity = services(document)[1]["ServiceDigitalIdentity"]
        identity["X509Certificates"][0]["val"] = base64.b64encode(changed).decode()
        with warnings.catch_warnings():
            # A serial number below one: the library takes it still, and says that it will not.
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            made = parse_lote(document)
        assert known in made.certificates()
        assert made.anchor()["trust_anchors"]


def test_a_list_without_any_authority_is_refused(certify: Certify, lote: Lote) -> None:
    with pytest.raises(TrustListInvalid) as caught:
        parse_lote(lote([certify("leaf", ca=False)]))
    assert caught.value.code == "trust_list_empty"


def test_names_from_the_list_carry_no_control_into_a_note(certify: Certify, lote: Lote) -> None:
    document = lote([certify("A"), certify("B")])
    services(document)[1]["ServiceStatus"] = "gone"
    services(document)[1]["ServiceName"] = [{"lang": "en", "value": "x\x1b[2J\x00\u202egpj\ud800"}]
    (note,) = parse_lote(document).left_out
    assert note.isprintable()
    assert note.encode()


@pytest.mark.parametrize(
    "document",
    [
        b"{}",
        b'{"LoTE": []}',
        b'{"LoTE": {"ListAndSchemeInformation": 1}}',
        b'{"LoTE": {"ListAndSchemeInformation": {"SchemeName": {}}}}',
        b'{"LoTE": {"ListAndSchemeInformation": {}, "TrustedEntitiesList": [1]}}',
        b'{"LoTE": ' + b'{"a":' * 100_000,
        b'{"LoTE": {"ListAndSchemeInformation": {"LoTESequenceNumber": ' + b"9" * 5000 + b"}}}",
        '{"LoTE": {}}'.encode("utf-16-le"),
        b'{"a": "\xff"}',
        b"{" + b" " * 9_000_000,
    ],
    ids=["empty", "array", "number", "names", "entity", "deep", "long", "utf-16", "bad utf-8", "too big"],
)
def test_bytes_that_are_no_list_are_refused(document: bytes) -> None:
    with pytest.raises(TrustListInvalid):
        parse(document)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("LoTESequenceNumber", -1),
        ("LoTESequenceNumber", 2**63),
        ("LoTESequenceNumber", True),
        ("LoTESequenceNumber", "7"),
        ("ListIssueDateTime", "yesterday"),
        ("ListIssueDateTime", "9999-12-31T23:59:59-12:00"),
        ("SchemeName", [{"value": "x" * 301}]),
    ],
)
def test_a_list_that_says_nonsense_of_itself_is_refused(
    certify: Certify, lote: Lote, key: str, value: Any
) -> None:
    with pytest.raises(TrustListInvalid):
        parse_lote(lote([certify("A")], **{key: value}))


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value within a JSON document."""
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from places(each, (*path, key))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_one_value_turned_into_another_is_a_list_still_or_refused(
    known: x509.Certificate, lote: Lote, data: st.DataObject
) -> None:
    document = lote([known])
    *way, last = data.draw(st.sampled_from(list(places(document))))
    holder = document
    for step in way:
        holder = holder[step]
    holder[last] = data.draw(_JSON)
    with contextlib.suppress(TrustListInvalid):
        found = parse(json.dumps(document).encode())
        assert isinstance(found, TrustList)
        assert found.certificates() == [known]
        assert found.version.isprintable()


def test_the_official_lists_load_completely_and_alike_in_both_forms(shared: Path) -> None:
    folder = shared / "vectors" / "c2pa-conformance" / "trust-list"
    for stem, count, kind in (
        ("C2PA-TRUST-LIST", 30, ListKind.MANIFEST),
        ("C2PA-TSA-TRUST-LIST", 22, ListKind.TSA),
    ):
        official, pem = load(folder / f"{stem}.json"), load(folder / f"{stem}.pem")
        assert isinstance(official, TrustList)
        assert isinstance(pem, TrustList)
        assert (official.kind, pem.kind) == (kind, kind)
        assert len(official.certificates()) == count
        assert official.left_out == ()
        assert official.sha256 == pem.sha256
        assert (official.sequence, official.is_official) == (1, kind is ListKind.MANIFEST)
        assert official.issued is not None
        assert official.next_update is not None


def test_the_reader_takes_the_official_lists_beside_our_own(
    shared: Path, pki: Path, signed: Manifest
) -> None:
    folder = shared / "vectors" / "c2pa-conformance" / "trust-list"
    official = [load(folder / "C2PA-TRUST-LIST.json"), load(folder / "C2PA-TSA-TRUST-LIST.json")]
    asset = from_path(signed.signed_path, Limits())
    with Inspector(store_of(official)) as stranger:
        assert stranger.inspect(asset).credential is Credential.UNTRUSTED_ISSUER
    with Inspector(store_of([*official, load(pki / devpki.ROOT_FILE, "ours")])) as ours:
        found = ours.inspect(asset)
        assert (found.credential, found.trust_list) == (Credential.TRUSTED, "ours")
