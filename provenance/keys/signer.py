"""The claim signer: a certificate chain and something that signs for its leaf."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from provenance.errors import KeyMaterialInvalid


class SigningAlgorithm(StrEnum):
    """The COSE algorithms that C2PA 2.4 section 13.2.1 allows, by the SDK's names."""

    ES256 = "es256"
    ES384 = "es384"
    ES512 = "es512"
    PS256 = "ps256"
    ED25519 = "ed25519"


@dataclass(frozen=True, slots=True)
class X509Identity:
    """Who a claim's content is vouched for by, besides the claim signer (CAWG identity assertion 1.1, X.509).

    A chain (PEM, leaf first), its leaf's unencrypted PKCS #8 key and algorithm.
    """

    chain_pem: bytes
    private_key_pem: bytes = field(repr=False)
    algorithm: SigningAlgorithm


@dataclass(frozen=True, slots=True)
class ClaimSigner:
    """A chain (PEM, leaf first, root left out), its leaf's algorithm, and one of two ways to sign.

    `private_key_pem` is an unencrypted PKCS #8 key held in memory: the SDK signs with it itself. Where the
    key never leaves a device, it is None and `sign` is called with the bytes to be signed; it returns the raw
    COSE signature (ECDSA: r ‖ s, RFC 9053 section 2.1) or raises SignerUnavailable. `tsa_urls` names
    RFC 3161 authorities in the order in which they are asked. `identity` adds a CAWG identity to each claim.
    """

    chain_pem: bytes
    algorithm: SigningAlgorithm
    private_key_pem: bytes | None = field(default=None, repr=False)
    sign: Callable[[bytes], bytes] | None = field(default=None, repr=False)
    tsa_urls: tuple[str, ...] = ()
    identity: X509Identity | None = None

    def __post_init__(self) -> None:
        if (self.private_key_pem is None) == (self.sign is None):
            raise KeyMaterialInvalid("A claim signer has a key or a way to reach one, not both.")


PROBE = b"does this key belong to this certificate?"
"""What a key signs to show that it is there and whose it is; no claim is ever these bytes."""

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

_CURVES = {
    "secp256r1": (SigningAlgorithm.ES256, 32),
    "secp384r1": (SigningAlgorithm.ES384, 48),
    "secp521r1": (SigningAlgorithm.ES512, 66),
}
_HASHES: dict[SigningAlgorithm, hashes.HashAlgorithm] = {
    SigningAlgorithm.ES256: hashes.SHA256(),
    SigningAlgorithm.ES384: hashes.SHA384(),
    SigningAlgorithm.ES512: hashes.SHA512(),
}


def algorithm_of(key: object) -> SigningAlgorithm:
    """The algorithm we use with a public key. Raises KeyMaterialInvalid for a kind or size not allowed."""
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name][0]
    if isinstance(key, ed25519.Ed25519PublicKey):
        return SigningAlgorithm.ED25519
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048:
        return SigningAlgorithm.PS256
    raise KeyMaterialInvalid("The key is not P-256, P-384, P-521, Ed25519 or RSA of at least 2048 bits.")


def leaf(chain_pem: bytes) -> x509.Certificate:
    """The first certificate of a chain. Raises KeyMaterialInvalid."""
    try:
        return x509.load_pem_x509_certificates(chain_pem)[0]
    except ValueError as error:
        raise KeyMaterialInvalid("The certificate chain is not PEM.") from error


def coordinate_bytes(key: ec.EllipticCurvePublicKey) -> int:
    """How long r and s each are in a raw signature by this key (RFC 9053 section 2.1)."""
    return _CURVES[key.curve.name][1]


def raw_signature(key: PrivateKey, data: bytes) -> bytes:
    """A COSE signature of `data` by a key held in memory, as `ClaimSigner.sign` must return it."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        algorithm, width = _CURVES[key.curve.name]
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(_HASHES[algorithm])))
        return r.to_bytes(width, "big") + s.to_bytes(width, "big")
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, _pss(), hashes.SHA256())
    return key.sign(data)


def verifies(key: object, signature: bytes, data: bytes) -> bool:
    """Whether a raw COSE signature over `data` is by the owner of this public key."""
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            algorithm, width = _CURVES[key.curve.name]
            if len(signature) != 2 * width:
                return False
            r, s = (int.from_bytes(part, "big") for part in (signature[:width], signature[width:]))
            key.verify(encode_dss_signature(r, s), data, ec.ECDSA(_HASHES[algorithm]))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, _pss(), hashes.SHA256())
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, data)
        else:
            return False
    except InvalidSignature:
        return False
    return True


def pkcs8(key: PrivateKey) -> bytes:
    """The unencrypted PKCS #8 PEM of a key, for the SDK's own signer; it stays in memory."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _pss() -> padding.PSS:
    return padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
