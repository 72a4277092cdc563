"""Keys behind a function of the operator's own: the port for a cloud's key management service.

`callback:package.module:function?chain=/etc/assay/chain.pem&key=NAME` names a function that is given the
bytes to be signed, and `key=NAME` where the address holds one, and returns the signature: as COSE has it
(ECDSA: r ‖ s) or, for ECDSA, as DER, which is what KMS interfaces give. docs/keys.md has one for AWS.
"""

import importlib
import logging
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from provenance.errors import KeyMaterialInvalid, SignerUnavailable
from provenance.keys.signer import PublicKey, coordinate_bytes, verifies

log = logging.getLogger(__name__)


class CallbackKey:
    """Asks the function, and takes its answer only where it is a signature by the certificate's key."""

    def __init__(self, function: Callable[[bytes], Any], public: PublicKey) -> None:
        self._function = function
        self._public = public

    def sign(self, data: bytes) -> bytes:
        """The raw COSE signature of `data`.

        Raises SignerUnavailable `signer_callback_failed` for whatever the function raises, and for an answer
        that is not bytes; KeyMaterialInvalid `signer_key_mismatch` for a signature that does not verify.
        """
        try:
            made = self._function(data)
        except Exception as error:
            # Its text may hold credentials: the log is the operator's, the sentence is for everybody.
            log.warning("the signing function failed", exc_info=True)
            raise SignerUnavailable(
                f"The signing function failed ({type(error).__name__}); the log says more.",
                code="signer_callback_failed",
            ) from error
        if not isinstance(made, bytes):
            raise SignerUnavailable("The signing function returned no bytes.", code="signer_callback_failed")
        signature = _raw(made, self._public)
        if not verifies(self._public, signature, data):
            raise KeyMaterialInvalid(
                "The signing function's signature is not by the certificate's key.",
                code="signer_key_mismatch",
            )
        return signature


def parse(address: str) -> tuple[Callable[[bytes], Any], str]:
    """The function of a `callback:` address, and its chain's path. Raises KeyMaterialInvalid."""
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query))
    module_name, _, function_name = parts.path.partition(":")
    if set(query) - {"chain", "key"} or not module_name or not function_name:
        raise KeyMaterialInvalid(
            "A signing function's address is callback:package.module:function?chain=…&key=….",
            code="signer_address_invalid",
        )
    try:
        function = getattr(importlib.import_module(module_name), function_name)
    except (ImportError, AttributeError) as error:
        raise KeyMaterialInvalid(
            f"There is no function {function_name} in a module {module_name} that Python can import.",
            code="signer_callback_missing",
        ) from error
    return (partial(function, key=query["key"]) if "key" in query else function), query.get("chain", "")


def _raw(signature: bytes, public: PublicKey) -> bytes:
    """An ECDSA signature in DER as r ‖ s; anything else as it is."""
    if not isinstance(public, ec.EllipticCurvePublicKey):
        return signature
    width = coordinate_bytes(public)
    if len(signature) == 2 * width:
        return signature
    try:
        r, s = decode_dss_signature(signature)
        return r.to_bytes(width, "big") + s.to_bytes(width, "big")
    except (ValueError, OverflowError):
        return signature  # of no form we know: it will not verify
