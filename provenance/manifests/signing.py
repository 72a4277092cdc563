"""The SDK's signer made from a ClaimSigner: one signing, time-stamped by the first authority that answers.

The SDK fetches the stamp itself, from the one authority that a context names (it gives up after 30 seconds),
and checks what comes back: a granted answer to this very question, with a signature that holds. So there is
a context for each authority, and signing is tried with one after the other.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from provenance import sdk
from provenance.errors import KeyMaterialInvalid, SignerUnavailable
from provenance.keys.signer import ClaimSigner, SigningAlgorithm
from provenance.manifests.identity import with_identity

# The SDK copies at most its reserve and cuts a longer signature off in silence; these are the exact lengths
# (RFC 9053 section 2). RSA's depends on the key and is checked against nothing.
_SIGNATURE_BYTES = {
    SigningAlgorithm.ES256: 64,
    SigningAlgorithm.ES384: 96,
    SigningAlgorithm.ES512: 132,
    SigningAlgorithm.ED25519: 64,
}


REST_SECONDS = 300.0
"""How long an authority that failed is not asked while another one is left."""
# The SDK's kind for whatever goes wrong while it fetches and checks a stamp; keys fail under other words.
_NO_STAMP = "Signature: internal error"

Made = TypeVar("Made")


@dataclass(slots=True)
class _Way:
    """One context to sign with; `rests_until`, a moment of the clock, is past while its authority is well."""

    context: Any
    stamps: bool
    rests_until: float = 0.0


class Signing:
    """The c2pa Contexts that sign. They belong to the process that made them; threads may share them.

    The network is off but for the time-stamping authority's host. `clock` counts seconds. Raises
    KeyMaterialInvalid where the SDK refuses the chain or the key.
    """

    def __init__(self, signer: ClaimSigner, clock: Callable[[], float] = time.monotonic) -> None:
        self._signer, self._clock = signer, clock
        self._kept = threading.local()
        self._ways = tuple(self._way(tsa_url) for tsa_url in signer.tsa_urls or (None,))

    def run(self, sign: Callable[[Any], Made]) -> Made:
        """What `sign` returns, called with a context; called again, from the start, with another authority's.

        An authority that fails goes to the end of the line for five minutes: it is asked only where the
        others rest too, the one that has rested longest first, and then no other, so that a job that waits
        for all of them costs one time-out a try.
        Raises SignerUnavailable: `tsa_unavailable` where no authority stamps, what the key store raised,
        or `signer_unavailable` where the key does not sign. KeyMaterialInvalid where the store has not the
        certificate's key. C2paError, the SDK's own, for the content.
        """
        c2pa = sdk.load()
        last: Exception | None = None
        for way in self._in_order():
            self._kept.error = None
            try:
                return sign(way.context)
            except c2pa.C2paError as error:
                self._tell_apart(error, way)
                way.rests_until = self._clock() + REST_SECONDS
                last = error
        raise SignerUnavailable("No time-stamping authority answers.", code="tsa_unavailable") from last

    def _in_order(self) -> list[_Way]:
        now = self._clock()
        awake = [way for way in self._ways if way.rests_until <= now]
        return awake or [min(self._ways, key=lambda way: way.rests_until)]

    def _tell_apart(self, error: Exception, way: _Way) -> None:
        """Returns where the authority failed, else raises; what a key store raised the SDK swallows."""
        kept: SignerUnavailable | KeyMaterialInvalid | None = self._kept.error
        if kept is not None:
            raise kept from error
        text = str(error)
        if not text.startswith("Signature"):
            raise error
        if not (way.stamps and text.startswith(_NO_STAMP)):
            raise SignerUnavailable("The key store did not sign.") from error

    def _way(self, tsa_url: str | None) -> _Way:
        c2pa = sdk.load()
        settings = sdk.base_settings((), verify_after_sign=False)
        if tsa_url:
            settings["core"]["allowed_network_hosts"] = [urlsplit(tsa_url).hostname]
        try:
            context = sdk.context(settings, self._native(c2pa, tsa_url))
        except c2pa.C2paError as error:
            raise KeyMaterialInvalid(
                "The C2PA SDK refuses the signing key or its certificate chain."
            ) from error
        return _Way(context, stamps=tsa_url is not None)

    def _native(self, c2pa: Any, tsa_url: str | None) -> Any:
        made = self._claim_signer(c2pa, tsa_url)
        identity = self._signer.identity
        return made if identity is None else with_identity(made, identity)

    def _claim_signer(self, c2pa: Any, tsa_url: str | None) -> Any:
        signer = self._signer
        if signer.private_key_pem is not None:
            info = c2pa.C2paSignerInfo(
                signer.algorithm.value, signer.chain_pem, signer.private_key_pem, tsa_url
            )
            return c2pa.Signer.from_info(info)
        return c2pa.Signer.from_callback(
            self._ask,
            c2pa.C2paSigningAlg[signer.algorithm.name],
            signer.chain_pem.decode(),
            tsa_url,
        )

    def _ask(self, data: bytes) -> bytes:
        """Called by the SDK; an empty answer is its sign of failure."""
        sign = self._signer.sign
        if sign is None:
            return b""
        try:
            signature = sign(data)
        except (SignerUnavailable, KeyMaterialInvalid) as error:
            self._kept.error = error
            return b""
        if len(signature) != _SIGNATURE_BYTES.get(self._signer.algorithm, len(signature)):
            self._kept.error = SignerUnavailable("The key store returned a signature of the wrong length.")
            return b""
        return signature
