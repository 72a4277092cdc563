"""A certificate request in the profile of the C2PA conformance programme's claim-signing leaf.

Built on asn1crypto, since `cryptography` signs a request only with a key that it holds itself, and one in a
token signs elsewhere.
"""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from asn1crypto import algos, core, csr, keys, pem, x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from provenance.errors import KeyMaterialInvalid
from provenance.keys.signer import PublicKey, SigningAlgorithm, algorithm_of

CERTIFICATE_POLICY = "1.3.6.1.4.1.62558.1.1"
ASSURANCE_LEVEL = "1.3.6.1.4.1.62558.3"
PRODUCT_RECORD = "1.3.6.1.4.1.62558.4"
_POLICY = {"policy_identifier": CERTIFICATE_POLICY}
_CLAIM_SIGNING = "1.3.6.1.4.1.62558.2.1"
_LEVELS = {1: "1.3.6.1.4.1.62558.3.10", 2: "1.3.6.1.4.1.62558.3.20"}
_MAX_NAME = 64  # RFC 5280, ub-common-name and ub-organization-name
_ECDSA = {
    SigningAlgorithm.ES256: "sha256_ecdsa",
    SigningAlgorithm.ES384: "sha384_ecdsa",
    SigningAlgorithm.ES512: "sha512_ecdsa",
}


@dataclass(frozen=True, slots=True)
class Applicant:
    """Whom the certificate is for, and what the programme knows of the product.

    `name` and `organisation` are printed in reports; `country` is ISO 3166-1 alpha-2. `record` is the UUID of
    the product's entry in the Conforming Products List, which an applicant outside of it has not got yet.
    """

    name: str
    organisation: str
    country: str
    record: str = ""
    level: int = 1

    def __post_init__(self) -> None:
        for value in (self.name, self.organisation):
            if not value.strip() or len(value) > _MAX_NAME or not value.isprintable():
                raise _invalid(f"Name and organisation take 1 to {_MAX_NAME} printable characters.")
        if not re.fullmatch("[A-Z]{2}", self.country):
            raise _invalid("The country is two capital letters (ISO 3166-1), such as DE.")
        if self.record and not _is_uuid(self.record):
            raise _invalid("The product record is the UUID of an entry in the Conforming Products List.")
        if self.level not in _LEVELS:
            raise _invalid("The assurance level is 1 or 2.")


def request(applicant: Applicant, public: PublicKey, sign: Callable[[bytes], bytes]) -> bytes:
    """The request as PEM (PKCS #10, RFC 2986). `sign` gives raw COSE signatures by the key of `public`.

    It asks for claim signing and e-mail protection, digitalSignature and contentCommitment, the C2PA
    certificate policy, and the assurance level and product record where the applicant has a record.
    Raises what `sign` raises.
    """
    algorithm = algorithm_of(public)
    info = csr.CertificationRequestInfo(
        {
            "version": "v1",
            "subject": _subject(applicant),
            "subject_pk_info": keys.PublicKeyInfo.load(
                public.public_bytes(
                    serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
                )
            ),
            "attributes": [{"type": "extension_request", "values": [_extensions(applicant)]}],
        }
    )
    made = csr.CertificationRequest(
        {
            "certification_request_info": info,
            "signature_algorithm": _signature_algorithm(algorithm),
            "signature": _signature(algorithm, sign(info.dump())),
        }
    )
    return bytes(pem.armor("CERTIFICATE REQUEST", made.dump()))


def _subject(applicant: Applicant) -> x509.Name:
    return x509.Name.build(
        {
            "country_name": applicant.country,
            "organization_name": applicant.organisation,
            "common_name": applicant.name,
        }
    )


def _extensions(applicant: Applicant) -> list[dict[str, object]]:
    asked: list[tuple[str, bool, object]] = [
        ("basic_constraints", True, x509.BasicConstraints({"ca": False})),
        ("key_usage", True, x509.KeyUsage({"digital_signature", "non_repudiation"})),
        ("extended_key_usage", False, x509.ExtKeyUsageSyntax([_CLAIM_SIGNING, "email_protection"])),
        (
            "certificate_policies",
            False,
            x509.CertificatePolicies([{"policy_identifier": CERTIFICATE_POLICY}]),
        ),
    ]
    if applicant.record:
        level = core.ObjectIdentifier(_LEVELS[applicant.level])
        asked.append((ASSURANCE_LEVEL, False, core.ParsableOctetString(level.dump())))
        record = core.UTF8String(applicant.record)
        asked.append((PRODUCT_RECORD, False, core.ParsableOctetString(record.dump())))
    return [{"extn_id": name, "critical": critical, "extn_value": value} for name, critical, value in asked]


def _signature_algorithm(algorithm: SigningAlgorithm) -> algos.SignedDigestAlgorithm:
    if algorithm is SigningAlgorithm.PS256:
        hashed = {"algorithm": "sha256"}
        parameters = {
            "hash_algorithm": hashed,
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": hashed},
            "salt_length": 32,
        }
        return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})
    return algos.SignedDigestAlgorithm({"algorithm": _ECDSA.get(algorithm, "ed25519")})


def _signature(algorithm: SigningAlgorithm, raw: bytes) -> bytes:
    """X.509 holds ECDSA signatures in DER."""
    if algorithm not in _ECDSA:
        return raw
    half = len(raw) // 2
    return encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _invalid(sentence: str) -> KeyMaterialInvalid:
    return KeyMaterialInvalid(sentence, code="applicant_invalid")
