"""The SDK's signer made from a ClaimSigner, and what went wrong inside it."""

import threading
from typing import Any
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


class Signing:
    """A c2pa Context that signs. It belongs to the process that made it; threads may share it.

    The network is off but for the time-stamping authority's host. Raises KeyMaterialInvalid where the SDK
    refuses the chain or the key.
    """

    def __init__(self, signer: ClaimSigner) -> None:
        c2pa = sdk.load()
        self._signer = signer
        self._kept = threading.local()
        settings = sdk.base_settings((), verify_after_sign=False)
        # The SDK knows one authority; the first is asked.
        self._tsa_url = signer.tsa_urls[0] if signer.tsa_urls else None
        if self._tsa_url:
            settings["core"]["allowed_network_hosts"] = [urlsplit(self._tsa_url).hostname]
        try:
            self.context = sdk.context(settings, self._native(c2pa))
        except c2pa.C2paError as error:
            raise KeyMaterialInvalid(
                "The C2PA SDK refuses the signing key or its certificate chain."
            ) from error

    @property
    def stamps(self) -> bool:
        """Whether a time-stamping authority is asked."""
        return self._tsa_url is not None

    def taken_error(self) -> SignerUnavailable | None:
        """What the key store raised in this thread's last call, once: the SDK itself swallows it."""
        kept: SignerUnavailable | None = getattr(self._kept, "error", None)
        self._kept.error = None
        return kept

    def _native(self, c2pa: Any) -> Any:
        made = self._claim_signer(c2pa)
        identity = self._signer.identity
        return made if identity is None else with_identity(made, identity)

    def _claim_signer(self, c2pa: Any) -> Any:
        signer = self._signer
        if signer.private_key_pem is not None:
            info = c2pa.C2paSignerInfo(
                signer.algorithm.value, signer.chain_pem, signer.private_key_pem, self._tsa_url
            )
            return c2pa.Signer.from_info(info)
        return c2pa.Signer.from_callback(
            self._ask,
            c2pa.C2paSigningAlg[signer.algorithm.name],
            signer.chain_pem.decode(),
            self._tsa_url,
        )

    def _ask(self, data: bytes) -> bytes:
        """Called by the SDK; an empty answer is its sign of failure."""
        sign = self._signer.sign
        if sign is None:
            return b""
        try:
            signature = sign(data)
        except SignerUnavailable as error:
            self._kept.error = error
            return b""
        if len(signature) != _SIGNATURE_BYTES.get(self._signer.algorithm, len(signature)):
            self._kept.error = SignerUnavailable("The key store returned a signature of the wrong length.")
            return b""
        return signature
