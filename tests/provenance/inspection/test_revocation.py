"""OCSP answers, stapled and fetched: what counts, what does not, and what it means for the credential."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.errors import FetchFailed
from provenance.fetching.client import fetch_bytes
from provenance.inspection import revocation
from provenance.inspection.inspection import Credential, Inspection, Revocation, SigningTime
from provenance.inspection.reader import Inspector
from provenance.manifests.manifest import Declaration
from provenance.manifests.writer import ManifestWriter
from provenance.trust.lists import ListKind, TrustStore, parse_pem
from tests.pki import Answer, Authority, Leaf, Signer, ocsp_response, ocsp_signer
from tests.pki_servers import OcspResponder, TimeStampAuthority
from tests.stapling import staple


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.create("Die Zeitung")


@pytest.fixture(scope="module")
def leaf(authority: Authority) -> Signer:
    return authority.issue()


@pytest.fixture(scope="module")
def lists(authority: Authority) -> TrustStore:
    return TrustStore(
        (
            parse_pem("newsrooms", ListKind.MANIFEST, authority.root_pem),
            parse_pem("clocks", ListKind.TSA, authority.root_pem),
        )
    )


def loopback(url: str, **asked: object) -> bytes:
    """The guarded client, allowed to reach this machine."""
    return fetch_bytes(url, allowed=lambda address: True, **asked)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def reader(lists: TrustStore) -> Iterator[Inspector]:
    with Inspector(lists, fetch=loopback) as made:
        yield made


def signed_by(signer: Signer, jpeg: Path, human: Declaration, folder: Path, *tsa: str) -> Path:
    with Inspector(TrustStore()) as plain:
        writer = ManifestWriter(signer.claim_signer(*tsa), plain)
        return writer.sign(from_path(jpeg, Limits()), human, folder, "signed").signed_path


def inspect(reader: Inspector, path: Path, *, ask: bool = False) -> Inspection:
    return reader.inspect(from_path(path, Limits()), revocation=ask)


def codes(found: Inspection) -> set[str]:
    return {finding.code for finding in found.findings}


def said(found: Inspection, axis: str) -> str:
    return next(one.sentence for one in found.statements if one.axis == axis)


def read(authority: Authority, signer: Signer, answer: bytes, **when: datetime) -> revocation.Reading:
    return revocation.read(answer, signer.certificate, authority.intermediate, datetime.now(UTC), **when)


def test_a_good_answer_of_the_issuer_or_its_responder_is_good(authority: Authority, leaf: Signer) -> None:
    for responder in (None, ocsp_signer(authority)):
        answer = ocsp_response(authority, leaf.certificate, responder=responder)
        assert read(authority, leaf, answer).status is Revocation.GOOD


@pytest.mark.parametrize("forged", [True, False])
def test_an_answer_that_nobody_entitled_signed_says_nothing(
    authority: Authority, leaf: Signer, forged: bool
) -> None:
    stranger = ocsp_signer(Authority.create("Die Zeitung"))
    answer = ocsp_response(
        authority, leaf.certificate, Answer.REVOKED, forged=forged, responder=None if forged else stranger
    )
    found = read(authority, leaf, answer)
    assert (found.status, found.code) == (Revocation.UNKNOWN, "assay.ocspForged")


def test_a_claim_signer_of_the_same_issuer_may_not_answer(authority: Authority, leaf: Signer) -> None:
    answer = ocsp_response(authority, leaf.certificate, responder=authority.issue())
    assert read(authority, leaf, answer).code == "assay.ocspForged"


def test_an_answer_about_another_certificate_says_nothing(authority: Authority, leaf: Signer) -> None:
    answer = ocsp_response(authority, authority.issue().certificate)
    assert read(authority, leaf, answer).code == "assay.ocspForeign"


def test_an_answer_that_ran_out_counts_only_for_a_trusted_time_before(
    authority: Authority, leaf: Signer
) -> None:
    answer = ocsp_response(authority, leaf.certificate, made=timedelta(days=-9), lasts=timedelta(days=1))
    assert read(authority, leaf, answer).code == "assay.ocspStale"
    now = datetime.now(UTC)
    before, after = now - timedelta(days=8, hours=3), now - timedelta(days=7)
    assert read(authority, leaf, answer, stamped_at=before).status is Revocation.GOOD
    assert read(authority, leaf, answer, stamped_at=after).code == "assay.ocspStale"
    future = ocsp_response(authority, leaf.certificate, made=timedelta(days=2))
    assert read(authority, leaf, future).code == "assay.ocspStale"


def test_an_old_answer_still_revokes_and_removal_from_the_list_does_not(
    authority: Authority, leaf: Signer
) -> None:
    old = ocsp_response(authority, leaf.certificate, Answer.REVOKED, made=timedelta(days=-90))
    assert read(authority, leaf, old).status is Revocation.REVOKED
    lifted = ocsp_response(
        authority, leaf.certificate, Answer.REVOKED, reason=x509.ReasonFlags.remove_from_crl
    )
    assert read(authority, leaf, lifted).status is Revocation.GOOD


@pytest.mark.parametrize("answer", [Answer.GARBAGE, Answer.REFUSED, Answer.UNKNOWN])
def test_whatever_else_comes_back_is_unknown(authority: Authority, leaf: Signer, answer: Answer) -> None:
    response = ocsp_response(authority, leaf.certificate, answer)
    assert read(authority, leaf, response).status is Revocation.UNKNOWN


def test_a_stapled_good_answer_is_told_as_such(
    reader: Inspector, authority: Authority, leaf: Signer, jpeg: Path, human: Declaration, tmp_path: Path
) -> None:
    path = signed_by(leaf, jpeg, human, tmp_path)
    assert inspect(reader, path).revocation is Revocation.UNKNOWN
    staple(path, ocsp_response(authority, leaf.certificate, responder=ocsp_signer(authority)))
    found = inspect(reader, path)
    assert (found.credential, found.revocation) == (Credential.TRUSTED, Revocation.GOOD)
    assert found.revocation_source == "stapled"
    assert "came with the file" in said(found, "revocation")


def test_a_stapled_revocation_is_invalid_with_its_date(
    reader: Inspector, authority: Authority, leaf: Signer, jpeg: Path, human: Declaration, tmp_path: Path
) -> None:
    path = signed_by(leaf, jpeg, human, tmp_path)
    assert inspect(reader, path).credential is Credential.TRUSTED
    staple(
        path,
        ocsp_response(
            authority, leaf.certificate, Answer.REVOKED, revoked_at=datetime(2026, 3, 1, tzinfo=UTC)
        ),
    )
    found = inspect(reader, path)
    assert (found.credential, found.revocation) == (Credential.INVALID, Revocation.REVOKED)
    assert found.revoked_at == "2026-03-01T00:00:00+00:00"
    assert "signingCredential.ocsp.revoked" in codes(found)
    assert "1 March 2026" in said(found, "revocation")


def test_a_forged_staple_is_unknown_and_named(
    reader: Inspector, authority: Authority, leaf: Signer, jpeg: Path, human: Declaration, tmp_path: Path
) -> None:
    path = signed_by(leaf, jpeg, human, tmp_path)
    staple(path, ocsp_response(authority, leaf.certificate, forged=True))
    found = inspect(reader, path)
    assert (found.credential, found.revocation) == (Credential.TRUSTED, Revocation.UNKNOWN)
    assert "assay.ocspForged" in codes(found)


@pytest.mark.network
def test_the_authority_is_asked_only_when_the_caller_wants_it(
    reader: Inspector, authority: Authority, jpeg: Path, human: Declaration, tmp_path: Path
) -> None:
    with OcspResponder(authority) as responder:
        signer = authority.issue(Leaf(ocsp_url=responder.url))
        path = signed_by(signer, jpeg, human, tmp_path)
        assert inspect(reader, path).revocation is Revocation.UNKNOWN
        assert responder.asked == []
        found = inspect(reader, path, ask=True)
        assert (found.revocation, found.revocation_source) == (Revocation.GOOD, "fetched")
        responder.answer = Answer.REVOKED
        found = inspect(reader, path, ask=True)
        assert (found.credential, found.revocation) == (Credential.INVALID, Revocation.REVOKED)
        responder.answer = Answer.DOWN
        found = inspect(reader, path, ask=True)
        assert (found.credential, found.revocation) == (Credential.TRUSTED, Revocation.UNKNOWN)
        assert "signingCredential.ocsp.inaccessible" in codes(found)
        assert "did not answer" in said(found, "revocation")


@pytest.mark.network
def test_a_strangers_certificate_never_makes_us_ask(
    authority: Authority, jpeg: Path, human: Declaration, tmp_path: Path
) -> None:
    with OcspResponder(authority) as responder, Inspector(TrustStore(), fetch=loopback) as stranger:
        path = signed_by(authority.issue(Leaf(ocsp_url=responder.url)), jpeg, human, tmp_path)
        found = inspect(stranger, path, ask=True)
        assert found.credential is Credential.UNTRUSTED_ISSUER
        assert responder.asked == []


@pytest.mark.network
def test_the_guarded_client_is_what_asks_by_default(
    lists: TrustStore, authority: Authority, jpeg: Path, human: Declaration, tmp_path: Path
) -> None:
    # Port 9 of this machine: the guarded client refuses the address before it would knock.
    signer = authority.issue(Leaf(ocsp_url="http://127.0.0.1:9/"))
    path = signed_by(signer, jpeg, human, tmp_path)
    with Inspector(lists) as reader:
        assert "signingCredential.ocsp.inaccessible" in codes(inspect(reader, path, ask=True))
    with pytest.raises(FetchFailed) as caught:
        fetch_bytes("http://127.0.0.1:9/", max_bytes=10)
    assert caught.value.code == "blocked_address"


@pytest.mark.network
@pytest.mark.parametrize(
    ("reason", "credential"),
    [
        (x509.ReasonFlags.superseded, Credential.TRUSTED),
        (x509.ReasonFlags.key_compromise, Credential.INVALID),
    ],
)
def test_a_trusted_stamp_before_the_revocation_saves_a_signature_unless_the_key_leaked(
    reader: Inspector,
    authority: Authority,
    leaf: Signer,
    jpeg: Path,
    human: Declaration,
    tmp_path: Path,
    reason: x509.ReasonFlags,
    credential: Credential,
) -> None:
    with TimeStampAuthority(authority, tmp_path) as tsa:
        path = signed_by(leaf, jpeg, human, tmp_path, tsa.url)
    later = datetime.now(UTC) + timedelta(minutes=4)
    staple(path, ocsp_response(authority, leaf.certificate, Answer.REVOKED, revoked_at=later, reason=reason))
    found = inspect(reader, path)
    assert found.time is SigningTime.TIMESTAMPED
    assert (found.credential, found.revocation) == (credential, Revocation.REVOKED)
    assert ("assay.revokedLater" in codes(found)) is (credential is Credential.TRUSTED)
    assert ("still counts" in said(found, "revocation")) is (credential is Credential.TRUSTED)
