"""Trust lists are parsed strictly, named, and told apart in a report."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.errors import TrustListInvalid
from provenance.inspection.inspection import Credential
from provenance.inspection.reader import Inspector
from provenance.keys import devpki
from provenance.manifests.manifest import Manifest
from provenance.trust.certificates import to_pem
from provenance.trust.files import load, store_of
from provenance.trust.lists import ListKind, TrustList, TrustStore, parse_pem

Certify = Callable[..., x509.Certificate]


@pytest.fixture
def root(pki: Path) -> bytes:
    return (pki / devpki.ROOT_FILE).read_bytes()


def test_a_list_is_normalised_and_digested(root: bytes) -> None:
    commented = b"# our root\n" + root + b"\n# end\n"
    made = parse_pem("our root", "manifest", commented, "2026-11")
    assert made.pem == root
    assert made.sha256 == hashlib.sha256(root).hexdigest()
    assert (made.kind, made.version) == (ListKind.MANIFEST, "2026-11")


@pytest.mark.parametrize("name", ["", "x" * 81, "a/b", "a\n", "<b>", "-x", "ü"])
def test_a_name_that_could_mislead_is_refused(name: str, root: bytes) -> None:
    with pytest.raises(TrustListInvalid) as caught:
        parse_pem(name, ListKind.MANIFEST, root)
    assert caught.value.code == "trust_list_invalid"


@pytest.mark.parametrize(
    "pem",
    [b"", b"garbage", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"x" * 9_000_000],
    ids=["empty", "garbage", "broken", "too big"],
)
def test_bytes_that_are_no_list_are_refused(pem: bytes) -> None:
    with pytest.raises(TrustListInvalid):
        parse_pem("x", ListKind.MANIFEST, pem)


def test_an_unknown_kind_is_refused(root: bytes) -> None:
    with pytest.raises(TrustListInvalid):
        parse_pem("x", "cawg", root)


def test_the_report_names_the_list_that_anchored_the_signer(
    root: bytes, signed: Manifest, tmp_path: Path
) -> None:
    devpki.create(tmp_path / "other", "Another newsroom")
    other = parse_pem("other list", ListKind.MANIFEST, (tmp_path / "other" / devpki.ROOT_FILE).read_bytes())
    ours = parse_pem("our list", ListKind.MANIFEST, root)
    asset = from_path(signed.signed_path, Limits())
    with Inspector(TrustStore((other, ours))) as both:
        found = both.inspect(asset)
        assert (found.credential, found.trust_list) == (Credential.TRUSTED, "our list")
    with Inspector(TrustStore((other,))) as stranger:
        assert stranger.inspect(asset).credential is Credential.UNTRUSTED_ISSUER


def test_a_list_of_time_stamping_authorities_vouches_for_no_signer(root: bytes, signed: Manifest) -> None:
    clocks = TrustStore((parse_pem("clocks", ListKind.TSA, root),))
    with Inspector(clocks) as inspector:
        found = inspector.inspect(from_path(signed.signed_path, Limits()))
    # The SDK alone would call it trusted: it lets an anchor of any kind vouch for a signer.
    assert (found.credential, found.trust_list) == (Credential.UNTRUSTED_ISSUER, None)


def test_the_signers_list_counts_beside_a_list_of_clocks(root: bytes, signed: Manifest) -> None:
    lists = (parse_pem("clocks", ListKind.TSA, root), parse_pem("signers", ListKind.MANIFEST, root))
    with Inspector(TrustStore(lists)) as inspector:
        found = inspector.inspect(from_path(signed.signed_path, Limits()))
    assert (found.credential, found.trust_list) == (Credential.TRUSTED, "signers")


def test_an_expired_authority_stays_in_the_list_and_vouches_for_nobody(certify: Certify) -> None:
    past, current = certify("past", days=-1), certify("current")
    mixed = parse_pem("mixed", ListKind.MANIFEST, to_pem([past, current]))
    assert mixed.expired() == [past]
    assert x509.load_pem_x509_certificates(mixed.anchor()["trust_anchors"].encode()) == [current]
    over = parse_pem("over", ListKind.MANIFEST, to_pem([past]))
    assert TrustStore((mixed, over)).anchors() == [mixed.anchor()]


def test_an_authority_leaves_the_anchors_the_moment_it_expires(root: bytes) -> None:
    ours = parse_pem("ours", ListKind.MANIFEST, root)
    (certificate,) = ours.certificates()
    after = certificate.not_valid_after_utc + timedelta(seconds=1)
    assert ours.anchor(after)["trust_anchors"] == ""
    assert ours.anchor(after - timedelta(seconds=2))["trust_anchors"] == root.decode()


def test_an_authority_named_twice_counts_once_and_the_order_does_not_count(certify: Certify) -> None:
    one, other = certify("one"), certify("other")
    made = parse_pem("list", ListKind.MANIFEST, to_pem([one, other, one]))
    assert made.sha256 == parse_pem("list", ListKind.MANIFEST, to_pem([other, one])).sha256
    assert len(made.certificates()) == 2
    assert made.left_out == ("CN=one: named twice, kept once.",)


def test_a_certificate_that_is_no_authority_is_left_out(certify: Certify) -> None:
    made = parse_pem("list", ListKind.MANIFEST, to_pem([certify("leaf", ca=False), certify("root")]))
    assert made.left_out == ("CN=leaf: not a certificate authority, left out.",)
    with pytest.raises(TrustListInvalid) as caught:
        parse_pem("list", ListKind.MANIFEST, to_pem([certify("leaf", ca=False)]))
    assert caught.value.code == "trust_list_empty"


@pytest.mark.parametrize(
    ("name", "kind", "official"),
    [
        ("C2PA Trust List", ListKind.MANIFEST, True),
        ("C2PA-TRUST-LIST", ListKind.MANIFEST, True),
        ("C2PA Trust List", ListKind.TSA, False),
        ("C2PA Trust List 2", ListKind.MANIFEST, False),
        ("development", ListKind.MANIFEST, False),
    ],
)
def test_only_the_list_of_that_name_is_official(
    root: bytes, name: str, kind: ListKind, official: bool
) -> None:
    assert parse_pem(name, kind, root).is_official is official


def test_a_file_is_named_after_itself_and_its_kind_is_in_its_name(root: bytes, tmp_path: Path) -> None:
    (tmp_path / "clöcks.tsa.pem").write_bytes(root)
    made = load(tmp_path / "clöcks.tsa.pem")
    assert isinstance(made, TrustList)
    assert (made.name, made.kind) == ("cl-cks.tsa", ListKind.TSA)
    assert made.source == str(tmp_path / "clöcks.tsa.pem")
    for absent in (tmp_path / "absent.pem", tmp_path, tmp_path / "a\0b"):
        with pytest.raises(TrustListInvalid):
            load(absent)


def test_a_file_of_clocks_is_known_by_its_certificates(certify: Certify, tmp_path: Path) -> None:
    path = tmp_path / "list.pem"
    path.write_bytes(to_pem([certify("root"), certify("clock", clock=True)]))
    found, told = load(path), load(path, kind=ListKind.MANIFEST)
    assert isinstance(found, TrustList)
    assert isinstance(told, TrustList)
    assert (found.kind, told.kind) == (ListKind.TSA, ListKind.MANIFEST)


def test_lists_of_one_name_are_told_apart(root: bytes) -> None:
    made = parse_pem("root", ListKind.MANIFEST, root)
    second = parse_pem("root 2", ListKind.MANIFEST, root)
    store = store_of([made, second, made])
    assert [one.name for one in store.lists] == ["root", "root 2", "root 3"]
    assert [store.named(one.uri) for one in store.lists] == ["root", "root 2", "root 3"]
    assert store.named("urn:elsewhere") is None
