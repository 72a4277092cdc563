"""A chain outside of the claim-signing profile is refused with a code of its own and what to do about it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from provenance.errors import KeyMaterialInvalid
from provenance.keys import devpki
from provenance.keys.profile import CLAIM_SIGNING, Validity, examine
from provenance.keys.signer import SigningAlgorithm
from provenance.keys.store import load_file_signer
from tests.pki import Authority, Leaf, Part, pem

from .conftest import DAY, NOW, certify, usage

KEY = ec.generate_private_key(ec.SECP256R1())


def code_of(chain_pem: bytes) -> str:
    with pytest.raises(KeyMaterialInvalid) as caught:
        examine(chain_pem)
    assert len(str(caught.value)) > 20
    return caught.value.code.removeprefix("signer_profile_")


@pytest.mark.parametrize(
    ("wishes", "code"),
    [
        ({"is_authority": True}, "authority"),
        ({"key_id": False}, "authority_key_id"),
        ({"key_usage": usage(signing=False)}, "key_usage"),
        ({"key_usage": usage(issuing=True)}, "key_usage"),
        ({"critical": False}, "key_usage"),
        ({"purposes": None}, "no_purpose"),
        ({"purposes": (CLAIM_SIGNING, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)}, "any_purpose"),
        ({"purposes": (ExtendedKeyUsageOID.SERVER_AUTH,)}, "purpose"),
        ({"purposes": (CLAIM_SIGNING, ExtendedKeyUsageOID.TIME_STAMPING)}, "purpose"),
        ({"purposes": (CLAIM_SIGNING, ExtendedKeyUsageOID.OCSP_SIGNING)}, "purpose"),
        ({"digest": hashes.SHA224()}, "signature_algorithm"),
        ({"issuer_key": KEY}, "chain_signature"),
    ],
)
def test_each_departure_from_the_profile_has_its_code(
    press: Authority, wishes: dict[str, Any], code: str
) -> None:
    assert code_of(certify(press, KEY.public_key(), **wishes)) == code


@pytest.mark.parametrize("part", [Part.AUTHORITY_KEY, Part.KEY_USAGE, Part.EXTENDED_KEY_USAGE])
def test_a_leaf_without_a_required_extension_is_refused(press: Authority, part: Part) -> None:
    codes = {
        Part.AUTHORITY_KEY: "authority_key_id",
        Part.KEY_USAGE: "key_usage",
        Part.EXTENDED_KEY_USAGE: "no_purpose",
    }
    assert code_of(press.issue(Leaf(without=frozenset({part}))).chain_pem) == codes[part]


@pytest.mark.parametrize(
    "key", [rsa.generate_private_key(65537, 1024), ec.generate_private_key(ec.SECP256K1())]
)
def test_a_key_that_c2pa_does_not_allow_is_refused(press: Authority, key: Any) -> None:
    assert code_of(certify(press, key.public_key())) == "key"


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (KEY, SigningAlgorithm.ES256),
        (ec.generate_private_key(ec.SECP521R1()), SigningAlgorithm.ES512),
        (rsa.generate_private_key(65537, 2048), SigningAlgorithm.PS256),
        (ed25519.Ed25519PrivateKey.generate(), SigningAlgorithm.ED25519),
    ],
    ids=["P-256", "P-521", "RSA", "Ed25519"],
)
def test_a_good_chain_says_whose_it_is(press: Authority, key: Any, algorithm: SigningAlgorithm) -> None:
    chain = certify(press, key.public_key())
    for whole in (chain, chain + pem(press.root)):
        found = examine(whole)
        assert (found.subject, found.organisation, found.algorithm) == ("Claim signer", "Press", algorithm)
        assert not found.development
    assert examine(press.issue().chain_pem).validity(NOW) is Validity.VALID


def test_the_development_chain_keeps_to_the_profile_and_says_what_it_is(tmp_path: Path) -> None:
    devpki.create(tmp_path / "pki")
    assert examine((tmp_path / "pki" / devpki.CHAIN_FILE).read_bytes()).development


def test_the_chain_is_in_order_whole_and_by_authorities(press: Authority) -> None:
    leaf, middle = x509.load_pem_x509_certificates(certify(press, KEY.public_key()))
    assert code_of(pem(middle) + pem(leaf)) == "authority"
    assert code_of(pem(leaf) + pem(press.root)) == "chain_order"
    assert examine(pem(leaf)).subject == "Claim signer"
    other = Authority.create("Press")  # the same names, other keys
    assert code_of(pem(leaf) + pem(other.intermediate)) == "chain_signature"
    assert code_of(b"no certificate") == "no_certificate"


def test_a_leaf_in_an_authoritys_place_is_refused(press: Authority) -> None:
    first = press.issue()
    key = ec.generate_private_key(ec.SECP256R1())
    posing = x509.load_pem_x509_certificate(first.chain_pem)
    draft = x509.CertificateBuilder().subject_name(posing.subject).issuer_name(posing.subject)
    draft = draft.public_key(key.public_key()).serial_number(7)
    draft = draft.not_valid_before(NOW).not_valid_after(NOW + DAY)
    known = x509.AuthorityKeyIdentifier.from_issuer_public_key(first.key.public_key())
    draft = draft.add_extension(known, False).add_extension(usage(), True)
    draft = draft.add_extension(x509.ExtendedKeyUsage([CLAIM_SIGNING]), False)
    assert code_of(pem(draft.sign(first.key, hashes.SHA256())) + first.chain_pem) == "chain_authority"


@pytest.mark.parametrize(
    ("begins", "ends", "validity", "code"),
    [
        (-10 * DAY, 100 * DAY, Validity.VALID, None),
        (-10 * DAY, 29 * DAY, Validity.ENDS_SOON, None),
        (-10 * DAY, -DAY, Validity.EXPIRED, "signer_profile_expired"),
        (DAY, 100 * DAY, Validity.NOT_YET, "signer_profile_not_yet_valid"),
    ],
)
def test_the_lifetime_decides_whether_it_may_sign_now(
    press: Authority, begins: timedelta, ends: timedelta, validity: Validity, code: str | None
) -> None:
    found = examine(certify(press, KEY.public_key(), begins=NOW + begins, ends=NOW + ends))
    assert found.validity(NOW) is validity
    if code is None:
        found.require_valid(NOW)
        return
    with pytest.raises(KeyMaterialInvalid) as caught:
        found.require_valid(NOW)
    assert caught.value.code == code


def test_a_signer_outside_of_the_profile_is_not_loaded(store: Any) -> None:
    folder = store("any", purposes=(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,))
    with pytest.raises(KeyMaterialInvalid) as caught:
        load_file_signer(folder)
    assert caught.value.code == "signer_profile_any_purpose"
