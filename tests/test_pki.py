"""The test authority itself: real signers, a real responder, a real time-stamping authority."""

import subprocess
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from PIL import Image

from provenance.assets.asset import Asset
from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.inspection.inspection import Credential
from provenance.inspection.reader import Inspector
from provenance.keys.store import load_file_signer
from provenance.manifests.manifest import Declaration, Manifest, SourceType
from provenance.manifests.writer import ManifestWriter
from provenance.trust.lists import ListKind, TrustStore, parse_pem
from tests.pki import Answer, Authority, KeyKind, Leaf, Signer, ocsp_response, ocsp_signer
from tests.pki_servers import OcspResponder, Stamping, TimeStampAuthority
from tests.stapling import staple

HUMAN = Declaration(SourceType.HUMAN, "A photograph")


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.create("Die Zeitung")


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Asset:
    path = tmp_path_factory.mktemp("picture") / "picture.jpg"
    Image.linear_gradient("L").save(path)
    return from_path(path, Limits())


def signed(signer: Signer, picture: Asset, folder: Path, *tsa_urls: str) -> Manifest:
    writer = ManifestWriter(signer.claim_signer(*tsa_urls))
    try:
        return writer.sign(picture, HUMAN, folder, "signed")
    finally:
        writer.close()


def credential(path: Path, authority: Authority) -> Credential:
    trust = TrustStore((parse_pem("root", ListKind.MANIFEST, authority.root_pem),))
    with Inspector(trust) as inspector:
        return inspector.inspect(from_path(path, Limits())).credential


@pytest.mark.parametrize("kind", KeyKind)
def test_a_signer_of_every_key_kind_is_trusted(
    kind: KeyKind, authority: Authority, picture: Asset, tmp_path: Path
) -> None:
    made = signed(authority.issue(Leaf(kind=kind)), picture, tmp_path)
    assert credential(made.signed_path, authority) is Credential.TRUSTED
    assert credential(made.signed_path, Authority.create("Die Zeitung")) is Credential.UNTRUSTED_ISSUER


def test_a_signer_written_to_a_folder_loads_as_a_file_signer(authority: Authority, tmp_path: Path) -> None:
    signer = authority.issue()
    assert load_file_signer(signer.write(tmp_path / "keys")).chain_pem == signer.chain_pem


@pytest.mark.parametrize("made_by", ["issuer", "delegate"])
def test_a_stapled_response_leaves_the_credential_trusted(
    made_by: str, authority: Authority, picture: Asset, tmp_path: Path
) -> None:
    signer = authority.issue()
    path = signed(signer, picture, tmp_path).signed_path
    before = path.stat().st_size
    responder = ocsp_signer(authority) if made_by == "delegate" else None
    response = ocsp_response(authority, signer.certificate, responder=responder)
    staple(path, response)
    assert path.stat().st_size == before
    assert response in path.read_bytes()
    assert credential(path, authority) is Credential.TRUSTED


@pytest.mark.network
def test_the_responder_answers_as_it_is_told(authority: Authority) -> None:
    with OcspResponder(authority) as responder:
        signer = authority.issue(Leaf(ocsp_url=responder.url))
        responder.answer = Answer.REVOKED
        responder.revoked_at = datetime(2026, 1, 2, tzinfo=UTC)
        draft = ocsp.OCSPRequestBuilder().add_certificate(
            signer.certificate, authority.intermediate, hashes.SHA256()
        )
        query = draft.build().public_bytes(serialization.Encoding.DER)
        with urllib.request.urlopen(responder.url, data=query) as reply:
            answer = ocsp.load_der_ocsp_response(reply.read())
    assert answer.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert answer.serial_number == signer.certificate.serial_number
    assert answer.revocation_time_utc == responder.revoked_at
    assert len(responder.asked) == 1


@pytest.mark.network
def test_the_time_stamping_authority_stamps_a_signature(
    authority: Authority, picture: Asset, tmp_path: Path
) -> None:
    with TimeStampAuthority(authority, tmp_path) as tsa:
        made = signed(authority.issue(), picture, tmp_path, tsa.url)
    assert len(tsa.asked) == 1
    assert credential(made.signed_path, authority) is Credential.TRUSTED


@pytest.mark.network
def test_openssl_itself_accepts_the_stamp(authority: Authority, tmp_path: Path) -> None:
    content, query, reply = tmp_path / "content", tmp_path / "q.tsq", tmp_path / "r.tsr"
    content.write_bytes(b"content")
    with TimeStampAuthority(authority, tmp_path) as tsa:
        ask = ["openssl", "ts", "-query", "-data", str(content), "-sha256", "-cert", "-out", str(query)]
        subprocess.run(ask, check=True, capture_output=True)
        with urllib.request.urlopen(tsa.url, data=query.read_bytes()) as answer:
            reply.write_bytes(answer.read())
        root = tmp_path / "root.pem"
        root.write_bytes(authority.root_pem)
        check = ["openssl", "ts", "-verify", "-queryfile", str(query), "-in", str(reply)]
        subprocess.run([*check, "-CAfile", str(root)], check=True, capture_output=True)
        tsa.state = Stamping.ERROR
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(tsa.url, data=query.read_bytes())


def test_a_leaf_ends_when_it_was_told_to(authority: Authority) -> None:
    signer = authority.issue(Leaf(ends=timedelta(seconds=2)))
    left = signer.certificate.not_valid_after_utc - datetime.now(UTC)
    assert timedelta(0) <= left <= timedelta(seconds=2)
