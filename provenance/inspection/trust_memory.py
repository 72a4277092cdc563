"""What the SDK said a moment ago of a signer's certificates, so that it need not say it again for every file.

Following a chain to its authority is nearly half of what the SDK does with a small file, and depends on
nothing in the file but the chain. So it is remembered for a minute, for files of the plainest kind: one
manifest, no time stamp, no OCSP answer, no identity. Everything else in such a file, the signature
itself included, is checked by the SDK each time, and the chain remembered by is one whose key our own check
found to have signed.
"""

import json
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from provenance.inspection.report_edits import TRUSTED, UNTRUSTED
from provenance.inspection.signature_facts import SignatureFacts

_SECONDS = 60.0
_MAX_CHAINS = 1024

Chain = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Remembered:
    """The SDK's verdict on a chain: its code, its explanation, and the list it named."""

    code: str
    explanation: str
    list_uri: str | None

    def as_message(self) -> dict[str, str | None]:
        """As the worker sends it."""
        return {"code": self.code, "explanation": self.explanation, "list_uri": self.list_uri}


class TrustMemory:
    """Verdicts by chain, at most 1,024, none older than a minute. `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[Chain, tuple[float, Remembered]] = OrderedDict()

    def recall(self, chain: Chain) -> Remembered | None:
        """The verdict of the last minute on this chain."""
        found = self._known.get(chain)
        return found[1] if found and self._clock() - found[0] < _SECONDS else None

    def learn(self, chain: Chain, report: str) -> None:
        """Keep what the report of a plain file says of its signer."""
        results = json.loads(report).get("validation_results") or {}
        active = results.get("activeManifest") or {}
        said = [
            one
            for kind in ("success", "failure")
            for one in active.get(kind) or ()
            if one.get("code") in (TRUSTED, UNTRUSTED)
        ]
        if len(said) != 1:
            return
        verdict = Remembered(
            said[0]["code"], str(said[0].get("explanation") or ""), results.get("trustListUri")
        )
        self._known[chain] = self._clock(), verdict
        self._known.move_to_end(chain)
        if len(self._known) > _MAX_CHAINS:
            self._known.popitem(last=False)


def plain(facts: SignatureFacts, manifests: int, report: str = "") -> bool:
    """Whether nothing but the chain decides the signer's trust."""
    bare = manifests == 1 and not facts.tokens and not facts.answers
    return bool(facts.chain) and bare and "cawg.identity" not in report
