"""A key in a SoftHSM token signs and never leaves it; what goes wrong has a code, and no PIN is worn out."""

import os
import threading
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.errors import KeyMaterialInvalid, SignerUnavailable
from provenance.inspection.inspection import Credential
from provenance.inspection.reader import Inspector
from provenance.keys import token as tokens
from provenance.keys.csr import Applicant, request
from provenance.keys.keyring import Keyring
from provenance.keys.signer import ClaimSigner, SigningAlgorithm, leaf, verifies
from provenance.keys.store import load_signer
from provenance.keys.token import TokenKey
from provenance.keys.token_address import parse
from provenance.manifests.manifest import Declaration, SourceType
from provenance.manifests.writer import ManifestWriter
from provenance.trust.lists import ListKind, TrustStore, parse_pem
from tests.pki import Authority
from tests.softhsm import Token

from .conftest import certify

KINDS = {
    "secp256r1": SigningAlgorithm.ES256,
    "secp384r1": SigningAlgorithm.ES384,
    "secp521r1": SigningAlgorithm.ES512,
    "ed25519": SigningAlgorithm.ED25519,
    "rsa": SigningAlgorithm.PS256,
}


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_REST_SECONDS", 0.0)


@pytest.fixture
def load(token: Token, press: Authority, tmp_path: Path) -> Any:
    """`load(kind) -> ClaimSigner` of a key generated in the token and certified by `press`."""

    def make(kind: str = "secp256r1", label: str = "signer") -> ClaimSigner:
        chain = tmp_path / f"{label}.pem"
        chain.write_bytes(certify(press, token.generate(kind, label)))
        return load_signer(token.address(label, chain), pin_file=token.pin_file)

    return make


def code_of(signer: ClaimSigner) -> str:
    assert signer.sign is not None
    with pytest.raises(SignerUnavailable) as caught:
        signer.sign(b"data")
    assert not caught.value.permanent
    return caught.value.code


def sign(signer: ClaimSigner) -> bytes:
    assert signer.sign is not None
    return signer.sign(b"data")


@pytest.mark.parametrize(("kind", "algorithm"), KINDS.items())
def test_a_key_of_each_kind_signs_a_file_that_reads_as_trusted(
    load: Any, press: Authority, jpeg: Path, tmp_path: Path, kind: str, algorithm: SigningAlgorithm
) -> None:
    signer = load(kind)
    assert (signer.algorithm, signer.private_key_pem) == (algorithm, None)
    trust = TrustStore((parse_pem("press", ListKind.MANIFEST, press.root_pem),))
    with Inspector(trust) as inspector:
        writer = ManifestWriter(signer, inspector)
        asset = from_path(jpeg, Limits())
        made = writer.sign(asset, Declaration(SourceType.HUMAN, "A photograph"), tmp_path, "signed")
        found = inspector.inspect(from_path(made.signed_path, Limits()))
    assert found.credential is Credential.TRUSTED


def test_a_wrong_pin_is_tried_once_and_a_corrected_one_is_taken(load: Any, token: Token) -> None:
    signer = load()
    token.pin_file.write_text("9999")
    tries: list[str] = []
    for _ in range(12):  # SoftHSM itself never locks; what counts is that the token is not asked
        tries.append(code_of(signer))
    assert set(tries) == {"signer_pin_wrong"}
    token.pin_file.write_text("1234")
    assert verifies(leaf(signer.chain_pem).public_key(), sign(signer), b"data")


def test_the_token_itself_sees_a_wrong_pin_only_once(
    load: Any, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer, asked = load(), []
    real = tokens.TokenKey._token

    class Counting:
        def __init__(self, found: Any) -> None:
            self.found, self.flags = found, found.flags

        def open(self, **options: Any) -> Any:
            asked.append(options)
            return self.found.open(**options)

    monkeypatch.setattr(tokens.TokenKey, "_token", lambda key: Counting(real(key)))
    token.pin_file.write_text("9999")
    for _ in range(3):
        code_of(signer)
    assert len(asked) == 1


def test_the_last_try_before_the_token_locks_is_left_to_a_person(
    load: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = load()
    real = tokens.TokenKey._token

    class NearlyLocked:
        flags = tokens.TokenFlag.USER_PIN_FINAL_TRY

        def open(self, **options: Any) -> Any:
            raise AssertionError("the last try was used")

    monkeypatch.setattr(tokens.TokenKey, "_token", lambda _key: NearlyLocked())
    assert code_of(signer) == "signer_pin_locked"
    monkeypatch.setattr(tokens.TokenKey, "_token", real)
    sign(signer)


def test_a_pulled_token_has_a_code_and_signs_again_when_it_is_back(load: Any, token: Token) -> None:
    signer = load()
    sign(signer)
    token.pull()
    assert code_of(signer) == "signer_token_gone"
    assert code_of(signer) == "signer_token_gone"
    token.plug()
    assert verifies(leaf(signer.chain_pem).public_key(), sign(signer), b"data")


def test_a_token_that_is_not_there_at_the_start_is_found_later(load: Any, token: Token) -> None:
    signer = load()
    token.pull()
    assert code_of(signer) == "signer_token_gone"
    token.plug()
    sign(signer)


def test_a_token_that_failed_is_left_alone_for_a_moment(
    load: Any, token: Token, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = load()
    token.pull()
    monkeypatch.setattr(tokens, "_REST_SECONDS", 60.0)
    code_of(signer)
    token.plug()
    assert code_of(signer) == "signer_token_gone"


def test_verifying_goes_on_without_the_token_and_the_writer_says_why(
    load: Any, token: Token, press: Authority, jpeg: Path, tmp_path: Path
) -> None:
    signer = load()
    trust = TrustStore((parse_pem("press", ListKind.MANIFEST, press.root_pem),))
    human = Declaration(SourceType.HUMAN, "A photograph")
    with Inspector(trust) as inspector:
        writer = ManifestWriter(signer, inspector)
        asset = from_path(jpeg, Limits())
        made = writer.sign(asset, human, tmp_path, "before")
        token.pull()
        with pytest.raises(SignerUnavailable) as caught:
            writer.sign(asset, human, tmp_path, "after")
        assert caught.value.code == "signer_token_gone"
        assert not (tmp_path / "after.jpg").exists()
        assert inspector.inspect(from_path(made.signed_path, Limits())).credential is Credential.TRUSTED
        token.plug()
        writer.sign(asset, human, tmp_path, "after")


def test_the_writer_says_that_the_token_holds_another_key(
    load: Any, token: Token, press: Authority, jpeg: Path, tmp_path: Path
) -> None:
    load()
    (tmp_path / "other.pem").write_bytes(certify(press, ec.generate_private_key(ec.SECP256R1()).public_key()))
    wrong = load_signer(token.address("signer", tmp_path / "other.pem"), pin_file=token.pin_file)
    human, asset = Declaration(SourceType.HUMAN, "A photograph"), from_path(jpeg, Limits())
    with Inspector(TrustStore()) as inspector:
        writer = ManifestWriter(wrong, inspector)
        with pytest.raises(KeyMaterialInvalid) as caught:
            writer.sign(asset, human, tmp_path, "signed")
    assert caught.value.code == "signer_key_mismatch"


def test_a_probe_says_what_signing_would(load: Any, token: Token) -> None:
    ring = Keyring([load()])
    ring.probe()
    token.pull()
    ring.probe()  # it signed a moment ago
    fresh = Keyring([key.signer for key in ring.keys])
    for _ in range(2):
        with pytest.raises(SignerUnavailable) as caught:
            fresh.probe()
        assert caught.value.code == "signer_token_gone"
    token.plug()
    fresh.probe()


def test_a_child_process_signs_with_a_session_of_its_own(load: Any) -> None:
    signer = load()
    sign(signer)
    module = signer.sign.__self__._module
    before = module.generation
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            signature = sign(signer)
            # SoftHSM would take the parent's session, which the standard forbids: count the initialisations.
            os.write(writing, signature if module.generation == before + 1 else b"the parent's session")
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    signature = os.read(reading, 1000)
    os.close(reading)
    public = leaf(signer.chain_pem).public_key()
    assert verifies(public, signature, b"data")
    assert verifies(public, sign(signer), b"data")


def test_a_child_forked_while_another_thread_signs_is_not_stuck(load: Any) -> None:
    signer = load()
    key = signer.sign.__self__
    with key._module.held():
        child = os.fork()
        if child == 0:
            try:
                sign(signer)
                os._exit(0)
            finally:
                os._exit(1)
        assert os.waitpid(child, 0)[1] == 0
    sign(signer)


def test_threads_and_keys_of_one_token_sign_at_once(load: Any) -> None:
    signers = [load(), load("secp384r1", "other")]
    wrong: list[object] = []

    def work(signer: ClaimSigner) -> None:
        public = leaf(signer.chain_pem).public_key()
        for number in range(50):
            data = str(number).encode()
            if not verifies(public, signer.sign(data), data):
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(signer,)) for signer in signers * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_key_that_is_not_in_the_token_is_refused(load: Any, token: Token, tmp_path: Path) -> None:
    load()
    missing = load_signer(token.address("nobody", tmp_path / "signer.pem"), pin_file=token.pin_file)
    with pytest.raises(KeyMaterialInvalid) as caught:
        sign(missing)
    assert caught.value.code == "signer_key_missing"


def test_two_keys_of_one_name_are_told_apart_by_id_alone(load: Any, token: Token) -> None:
    signer = load()
    token.generate("secp256r1", "signer")
    with pytest.raises(KeyMaterialInvalid) as caught:
        sign(signer)
    assert caught.value.code == "signer_key_ambiguous"


@pytest.mark.parametrize("kind", ["secp256r1", "rsa"])
def test_a_key_of_another_certificate_is_refused(
    load: Any, token: Token, press: Authority, tmp_path: Path, kind: str
) -> None:
    load(kind)
    other = tmp_path / "other.pem"
    other.write_bytes(certify(press, ec.generate_private_key(ec.SECP256R1()).public_key()))
    signer = load_signer(token.address("signer", other), pin_file=token.pin_file)
    with pytest.raises(KeyMaterialInvalid) as caught:
        sign(signer)
    assert caught.value.code == "signer_key_mismatch"


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_a_pin_file_is_private_and_there(load: Any, token: Token, tmp_path: Path, mode: int) -> None:
    load()
    token.pin_file.chmod(mode)
    if mode == 0o600:
        token.pin_file.write_text("\n")
    with pytest.raises(KeyMaterialInvalid) as caught:
        load_signer(token.address("signer", tmp_path / "signer.pem"), pin_file=token.pin_file)
    assert caught.value.code == "signer_pin_missing"


def test_the_address_may_name_its_own_pin_file(load: Any, token: Token, tmp_path: Path) -> None:
    load()
    address = token.address("signer", tmp_path / "signer.pem", pin_source=f"file:{token.pin_file}")
    sign(load_signer(address))
    with pytest.raises(KeyMaterialInvalid, match="SIGNER_PIN_FILE"):
        load_signer(token.address("signer", tmp_path / "signer.pem"))


def test_a_module_that_is_not_there_is_refused(token: Token) -> None:
    with pytest.raises(KeyMaterialInvalid) as caught:
        TokenKey(parse("pkcs11:object=a?module-path=/nowhere.so"), None, token.pin_file)
    assert caught.value.code == "signer_module_missing"


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_is_made_for_a_key_without_a_certificate(token: Token, kind: str) -> None:
    from cryptography import x509

    public = token.generate(kind, "new")
    key = TokenKey(parse(token.address("new", Path("/none"))), None, token.pin_file)
    found = key.public_key()
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    assert found.public_bytes(*form) == public.public_bytes(*form)
    made = request(Applicant("Newsroom", "Press", "DE"), found, key.sign)
    assert x509.load_pem_x509_csr(made).is_signature_valid
