"""Several signing keys with overlapping validity: the newest that is valid now signs.

Renewing a certificate is then naming the new key beside the old one in SIGNER_URL, before it begins, and
taking the old one out after it ended. What the old one signed stays readable: that rests on the trust lists.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from provenance.errors import KeyMaterialInvalid, SignerUnavailable
from provenance.keys.profile import Profile, Validity, examine
from provenance.keys.signer import PROBE, ClaimSigner, leaf, verifies

_PROBE_SECONDS = 5.0
"""How long a key store that signed is taken to be there: a request need not cost it a signature."""
USABLE = frozenset({Validity.VALID, Validity.ENDS_SOON})
"""In which of its times a certificate may sign."""


@dataclass(frozen=True, slots=True)
class RingKey:
    """One key of the ring and what its certificate says."""

    signer: ClaimSigner
    profile: Profile


class Keyring:
    """The keys that may sign, at least one. Thread-safe; the signers in it hold across a fork.

    Raises KeyMaterialInvalid `key_material_invalid` for an empty ring, `signer_profile_…` for a chain outside
    of the profile.
    """

    def __init__(self, signers: Sequence[ClaimSigner]) -> None:
        if not signers:
            raise KeyMaterialInvalid("There is no signing key.")
        self.keys = tuple(RingKey(signer, examine(signer.chain_pem)) for signer in signers)
        self._lock = threading.Lock()
        self._answered: dict[ClaimSigner, float] = {}

    def chosen(self, now: datetime | None = None) -> RingKey:
        """The key that signs at `now`: of those valid then, the one whose certificate began last.

        Raises KeyMaterialInvalid `signer_profile_expired` or `signer_profile_not_yet_valid` where none is.
        """
        now = now or datetime.now(UTC)
        usable = [key for key in self.keys if key.profile.validity(now) in USABLE]
        if not usable:
            # What the latest of them lacks is what has to be mended.
            max(self.keys, key=lambda key: key.profile.not_after).profile.require_valid(now)
        return max(usable, key=lambda key: key.profile.not_before)

    def current(self, now: datetime | None = None) -> ClaimSigner:
        """The signer of `chosen`. Raises as it does."""
        return self.chosen(now).signer

    def probe(self, now: datetime | None = None) -> None:
        """Whether the current key would sign now; a key held in memory is not asked, any other every 5 s.

        Raises SignerUnavailable with its code (`signer_token_gone`, `signer_pin_wrong`, …), and
        KeyMaterialInvalid where no key is valid, or the store's key is missing or another one.
        """
        signer = self.current(now)
        if signer.sign is None:
            return
        with self._lock:
            answered = self._answered.get(signer)
        if answered is not None and time.monotonic() - answered < _PROBE_SECONDS:
            return
        try:
            signature = signer.sign(PROBE)
        except (SignerUnavailable, KeyMaterialInvalid):
            self._forget(signer)
            raise
        if not verifies(leaf(signer.chain_pem).public_key(), signature, PROBE):
            raise KeyMaterialInvalid(
                "The signing key does not belong to its certificate.", code="signer_key_mismatch"
            )
        with self._lock:
            self._answered[signer] = time.monotonic()

    def _forget(self, signer: ClaimSigner) -> None:
        with self._lock:
            self._answered.pop(signer, None)
