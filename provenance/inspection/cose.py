"""Whether a claim's signature was made with the leaf of the chain beside it (RFC 9052 section 4.4).

The SDK validates the signature in the file; the chain that we show comes from our own reading of the store. A
decoy with the same claim and another's chain would lend that other's name, unless we check for ourselves that
this chain's key signed this claim.
"""

from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

_ALGORITHM = 1
_ECDSA: dict[int, hashes.HashAlgorithm] = {-7: hashes.SHA256(), -35: hashes.SHA384(), -36: hashes.SHA512()}
_RSA_PSS: dict[int, hashes.HashAlgorithm] = {-37: hashes.SHA256(), -38: hashes.SHA384(), -39: hashes.SHA512()}
_ODD = (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature)


def signed_by(leaf_der: bytes, cose: list[Any], protected: Any, claim: bytes) -> bool:
    """Whether `cose`, with its decoded `protected` header, is a signature over `claim` by this certificate's
    key. Never raises."""
    key = _key(leaf_der)
    algorithm = protected.get(_ALGORITHM) if isinstance(protected, dict) else None
    if key is None or not isinstance(cose[0], bytes) or not isinstance(cose[3], bytes):
        return False
    try:
        _verify(key, algorithm, cose[3], _to_be_signed(cose[0], claim))
    except _ODD:
        return False
    return True


def _verify(key: PublicKeyTypes, algorithm: Any, signature: bytes, signed: bytes) -> None:
    if isinstance(key, ec.EllipticCurvePublicKey) and algorithm in _ECDSA:
        half = len(signature) // 2
        r, s = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
        key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(_ECDSA[algorithm]))
    elif isinstance(key, rsa.RSAPublicKey) and algorithm in _RSA_PSS:
        digest = _RSA_PSS[algorithm]
        key.verify(signature, signed, padding.PSS(padding.MGF1(digest), padding.PSS.AUTO), digest)
    elif isinstance(key, ed25519.Ed25519PublicKey):
        key.verify(signature, signed)
    else:
        raise UnsupportedAlgorithm("no algorithm of C2PA 2.4 section 13.2")


@lru_cache(maxsize=512)
def _key(leaf_der: bytes) -> PublicKeyTypes | None:
    try:
        return x509.load_der_x509_certificate(leaf_der).public_key()
    except _ODD:
        return None


def _to_be_signed(protected: bytes, claim: bytes) -> bytes:
    """Sig_structure: ["Signature1", protected, external_aad, payload]."""
    return b"\x84\x6aSignature1" + _byte_string(protected) + b"\x40" + _byte_string(claim)


def _byte_string(content: bytes) -> bytes:
    length = len(content)
    if length < 24:
        return bytes([0x40 | length]) + content
    size = next(size for size in (1, 2, 4, 8) if length < 1 << 8 * size)
    return bytes([0x58 + size.bit_length() - 1]) + length.to_bytes(size, "big") + content
