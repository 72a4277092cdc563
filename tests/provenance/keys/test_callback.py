"""A function of the operator's own signs; what it does wrong has a code and shows nothing of its secrets."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from provenance.errors import KeyMaterialInvalid, SignerUnavailable
from provenance.keys.signer import ClaimSigner, leaf, raw_signature, verifies
from provenance.keys.store import load_signer
from tests.pki import Authority, KeyKind, Leaf, Signer, new_key

KINDS = list(KeyKind)


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, press: Authority) -> Callable[..., ClaimSigner]:
    """`service(function, kind) -> ClaimSigner` whose signatures `function(data, signer)` makes."""

    def make(function: Callable[..., Any], kind: KeyKind = KeyKind.P256, query: str = "") -> ClaimSigner:
        signer = press.issue(Leaf(kind=kind))
        (tmp_path / "chain.pem").write_bytes(signer.chain_pem)
        (tmp_path / "own_kms.py").write_text("")
        monkeypatch.syspath_prepend(tmp_path)
        import own_kms  # type: ignore[import-not-found]

        own_kms.sign = lambda data, **key: function(data, signer, **key)
        return load_signer(f"callback:own_kms:sign?chain={tmp_path / 'chain.pem'}{query}")

    return make


def raw(data: bytes, signer: Signer) -> bytes:
    return raw_signature(signer.key, data)


def der(data: bytes, signer: Signer) -> bytes:
    digests = {KeyKind.P256: hashes.SHA256(), KeyKind.P384: hashes.SHA384(), KeyKind.P521: hashes.SHA512()}
    by_size = {256: KeyKind.P256, 384: KeyKind.P384, 521: KeyKind.P521}
    return signer.key.sign(data, ec.ECDSA(digests[by_size[signer.key.key_size]]))


def sign(signer: ClaimSigner) -> bytes:
    assert signer.sign is not None
    return signer.sign(b"data")


@pytest.mark.parametrize("kind", KINDS)
def test_a_raw_signature_of_each_kind_is_taken(service: Any, kind: KeyKind) -> None:
    signer = service(raw, kind)
    assert verifies(leaf(signer.chain_pem).public_key(), sign(signer), b"data")


@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.P384, KeyKind.P521])
def test_an_ecdsa_signature_in_der_becomes_a_raw_one(service: Any, kind: KeyKind) -> None:
    signer = service(der, kind)
    width = {KeyKind.P256: 32, KeyKind.P384: 48, KeyKind.P521: 66}[kind]
    for _ in range(50):  # r and s are sometimes shorter than their field
        made = sign(signer)
        assert len(made) == 2 * width
        assert verifies(leaf(signer.chain_pem).public_key(), made, b"data")


def test_the_address_says_which_key_the_function_takes(service: Any) -> None:
    asked = []

    def keyed(data: bytes, signer: Signer, key: str) -> bytes:
        asked.append(key)
        return raw(data, signer)

    sign(service(keyed, query="&key=arn:aws:kms:eu-central-1:1:key/a"))
    assert asked == ["arn:aws:kms:eu-central-1:1:key/a"]


def test_what_the_function_raises_is_an_outage_and_its_text_stays_in_the_log(
    service: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(data: bytes, signer: Signer) -> bytes:
        raise ConnectionError("token=secret")

    with caplog.at_level(logging.WARNING), pytest.raises(SignerUnavailable) as caught:
        sign(service(failing))
    assert caught.value.code == "signer_callback_failed"
    assert not caught.value.permanent
    assert "ConnectionError" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "secret" in caplog.text


def test_an_answer_that_is_not_bytes_is_an_outage(service: Any) -> None:
    with pytest.raises(SignerUnavailable) as caught:
        sign(service(lambda _data, _signer: None))
    assert caught.value.code == "signer_callback_failed"


@pytest.mark.parametrize("answer", [b"", b"\x30\x00", b"\0" * 64, b"x" * 5000])
def test_an_answer_that_is_no_signature_is_refused(service: Any, answer: bytes) -> None:
    with pytest.raises(KeyMaterialInvalid) as caught:
        sign(service(lambda _data, _signer: answer))
    assert caught.value.code == "signer_key_mismatch"


def test_a_signature_by_another_key_is_refused(service: Any) -> None:
    stranger = new_key(KeyKind.P256)
    with pytest.raises(KeyMaterialInvalid) as caught:
        sign(service(lambda data, _signer: raw_signature(stranger, data)))
    assert caught.value.code == "signer_key_mismatch"


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("callback:no_such_module_anywhere:sign?chain=/c.pem", "signer_callback_missing"),
        ("callback:json:no_such_function?chain=/c.pem", "signer_callback_missing"),
        ("callback:json?chain=/c.pem", "signer_address_invalid"),
        ("callback:json:dumps?chain=/c.pem&pin=1", "signer_address_invalid"),
        ("callback:json:dumps", "signer_chain_missing"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused(address: str, code: str) -> None:
    with pytest.raises(KeyMaterialInvalid) as caught:
        load_signer(address)
    assert caught.value.code == code
