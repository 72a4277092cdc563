"""Authorities made on the spot, and the official lists' forms around them."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Certify = Callable[..., x509.Certificate]


def _certify(
    name: str, *, ca: bool = True, days: int = 365, clock: bool = False, start: int = -800
) -> x509.Certificate:
    """A self-signed certificate whose time is over `days` from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=start))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if clock:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(key, hashes.SHA256())


@pytest.fixture(scope="session")
def certify() -> Certify:
    """`certify(name, ca=True, days=365, clock=False) -> Certificate`: see `_certify`."""
    return _certify


@pytest.fixture
def lote() -> Callable[..., dict[str, Any]]:
    """`lote(certificates, **what the list says of itself) -> the official form`, decoded."""

    def made(certificates: list[x509.Certificate], **about: Any) -> dict[str, Any]:
        return {
            "LoTE": {
                "ListAndSchemeInformation": {
                    "LoTESequenceNumber": 7,
                    "SchemeName": [{"lang": "en", "value": "Press Trust List"}],
                    "ListIssueDateTime": "2026-08-05T00:11:39Z",
                    "NextUpdate": "2027-08-05T00:11:39Z",
                    **about,
                },
                "TrustedEntitiesList": [
                    {
                        "TrustedEntityInformation": {},
                        "TrustedEntityServices": [
                            {
                                "ServiceInformation": {
                                    "ServiceName": [{"lang": "en", "value": f"service {number}"}],
                                    "ServiceDigitalIdentity": {
                                        "X509Certificates": [{"val": _base64(certificate)}]
                                    },
                                    "ServiceStatus": "http://c2pa.org/conformance/trust-list/trusted",
                                }
                            }
                        ],
                    }
                    for number, certificate in enumerate(certificates)
                ],
            }
        }

    return made


def _base64(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
