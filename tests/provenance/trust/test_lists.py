"""Trust lists are parsed strictly, named, and told apart in a report."""

import hashlib
from pathlib import Path

import pytest

from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.errors import TrustListInvalid
from provenance.inspection.inspection import Credential
from provenance.inspection.reader import Inspector
from provenance.keys import devpki
from provenance.manifests.manifest import Manifest
from provenance.trust.files import load_list
from provenance.trust.lists import ListKind, TrustStore, parse_pem


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


def test_the_official_lists_load_and_the_reader_takes_them(shared: Path, signed: Manifest) -> None:
    folder = shared / "vectors" / "c2pa-conformance" / "trust-list"
    lists = (
        load_list(folder / "C2PA-TRUST-LIST.pem"),
        load_list(folder / "C2PA-TSA-TRUST-LIST.pem", kind=ListKind.TSA),
    )
    assert lists[0].name == "C2PA-TRUST-LIST"
    with Inspector(TrustStore(lists)) as inspector:
        found = inspector.inspect(from_path(signed.signed_path, Limits()))
    assert found.credential is Credential.UNTRUSTED_ISSUER


def test_a_file_is_named_after_itself_and_its_kind_is_in_its_name(root: bytes, tmp_path: Path) -> None:
    (tmp_path / "clöcks.tsa.pem").write_bytes(root)
    made = load_list(tmp_path / "clöcks.tsa.pem")
    assert (made.name, made.kind) == ("cl-cks.tsa", ListKind.TSA)
    with pytest.raises(TrustListInvalid):
        load_list(tmp_path / "absent.pem")
