"""A certificate request asks for what the conformance programme's claim-signing leaf has."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from provenance.errors import KeyMaterialInvalid
from provenance.keys.csr import Applicant, request
from provenance.keys.signer import raw_signature
from tests.pki import KeyKind, new_key

RECORD = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
SCHEMAS = Path("vectors/c2pa-conformance/docs/v0.1/schemas/cert-profiles")


def made(kind: KeyKind = KeyKind.P256, **more: Any) -> x509.CertificateSigningRequest:
    key = new_key(kind)
    pem = request(
        Applicant("Die Zeitung", "Verlag GmbH", "DE", **more),
        key.public_key(),
        lambda data: raw_signature(key, data),
    )
    return x509.load_pem_x509_csr(pem)


def oid(identifier: str) -> dict[str, str]:
    return {"oid": identifier, "name": "-"}


def extension_value(value: x509.ExtensionType) -> dict[str, Any]:
    if isinstance(value, x509.BasicConstraints):
        return {"cA": value.ca, "pathLenConstraint": None}
    if isinstance(value, x509.KeyUsage):
        off = ("keyEncipherment", "dataEncipherment", "keyAgreement", "keyCertSign", "cRLSign")
        found = {"digitalSignature": value.digital_signature, "contentCommitment": value.content_commitment}
        flags = (value.key_encipherment, value.data_encipherment, value.key_agreement)
        found |= dict(zip(off, (*flags, value.key_cert_sign, value.crl_sign), strict=True))
        return found | {"encipherOnly": False, "decipherOnly": False}
    if isinstance(value, x509.ExtendedKeyUsage):
        return {"extendedKeyUsage": [oid(each.dotted_string) for each in value]}
    if isinstance(value, x509.CertificatePolicies):
        found = [{"policyIdentifier": oid(each.policy_identifier.dotted_string)} for each in value]
        return {"certificatePolicies": found}
    assert isinstance(value, x509.UnrecognizedExtension)
    if value.value[0] == 6:
        numbers = x509.ObjectIdentifier(
            "1.3.6.1.4.1.62558.3.10" if value.value[-1] == 10 else "1.3.6.1.4.1.62558.3.20"
        )
        return {"_pyasn1_decoded": {"_asn1_type": "ObjectIdentifier", "value": numbers.dotted_string}}
    return {"_pyasn1_decoded": {"_asn1_type": "UTF8String", "value": value.value[2:].decode()}}


def as_schema_input(found: x509.CertificateSigningRequest) -> dict[str, Any]:
    """The request as the programme's own decoder prints it."""
    public = found.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    algorithm = {"algorithm": oid("1.2.840.10045.2.1")}
    return {
        "format": "csr",
        "decoded": {
            "certificationRequestInfo": {
                "version": 0,
                "subject": [
                    [{"type": oid(each.oid.dotted_string), "value": each.value}] for each in found.subject
                ],
                "subjectPublicKeyInfo": {
                    "algorithm": algorithm,
                    "publicKey": {
                        "curve": public.curve.name,
                        "key_size_bits": public.key_size,
                        "spki_algorithm": algorithm,
                        "raw_spki_hex": "00",
                    },
                },
                "requestedExtensions": [
                    {
                        "extnID": oid(each.oid.dotted_string),
                        "critical": each.critical,
                        "extnValue": extension_value(each.value),
                    }
                    for each in found.extensions
                ],
                "otherAttributes": [],
            },
            "signatureAlgorithm": {"algorithm": oid(found.signature_algorithm_oid.dotted_string)},
            "signature_hex": "00",
        },
    }


@pytest.mark.parametrize("level", [1, 2])
def test_the_request_keeps_to_the_programmes_own_schema(shared: Path, level: int) -> None:
    schema = json.loads((shared / SCHEMAS / f"claimSigningLeaf.al{level}.csr.schema.json").read_text())
    printed = as_schema_input(made(record=RECORD, level=level))
    jsonschema.validate(printed, schema)
    # The schema is strict: a request without a record, or without its purpose, does not pass.
    wanted = printed["decoded"]["certificationRequestInfo"]["requestedExtensions"]
    for index in range(len(wanted)):
        printed["decoded"]["certificationRequestInfo"]["requestedExtensions"] = (
            wanted[:index] + wanted[index + 1 :]
        )
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(printed, schema)


@pytest.mark.parametrize("kind", list(KeyKind))
def test_a_request_by_each_kind_of_key_carries_its_signature(kind: KeyKind) -> None:
    found = made(kind)
    assert found.is_signature_valid
    names = {attribute.oid: attribute.value for attribute in found.subject}
    assert names[NameOID.COMMON_NAME] == "Die Zeitung"
    assert (names[NameOID.ORGANIZATION_NAME], names[NameOID.COUNTRY_NAME]) == ("Verlag GmbH", "DE")


def test_without_a_product_record_none_is_claimed() -> None:
    found = {each.oid.dotted_string for each in made().extensions}
    assert "1.3.6.1.4.1.62558.4" not in found
    assert "1.3.6.1.4.1.62558.3" not in found


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x" * 65},
        {"organisation": "two\nlines"},
        {"organisation": "\u202eevil"},
        {"country": "Germany"},
        {"country": "de"},
        {"record": "not-a-uuid"},
        {"level": 3},
    ],
)
def test_an_applicant_that_no_authority_would_take_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(KeyMaterialInvalid) as caught:
        Applicant(**{"name": "Die Zeitung", "organisation": "Verlag", "country": "DE", **wrong})
    assert caught.value.code == "applicant_invalid"
