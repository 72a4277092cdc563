"""Bring a proof further: what a log made public since is put beside the leaf and salt that the holder has.

The public part holds neither salt nor digests, so whoever is asked for it learns no more than an index.
"""

import json
from typing import Any

from attest.errors import ProofInvalid
from attest.proofs.bundle import ProofBundle, ProofState
from attest.proofs.fields import malformed
from attest.proofs.verifier import verify

PUBLIC = ("state", "index", "size", "inclusion", "checkpoint", "log", "anchors", "timestamps")
_ORDER = list(ProofState)


def public_part(bundle: ProofBundle) -> dict[str, Any]:
    """What anybody may have of a proof, by the names that it has in the bundle."""
    return {name: value for name, value in bundle.to_object().items() if name in PUBLIC}


def upgraded(bundle: ProofBundle, part: object) -> ProofBundle:
    """The bundle with that public part, checked anew; the bundle itself where that brings nothing more.

    `part` may come from anybody. Raises ProofInvalid: `proof_malformed`, `proof_wrong_leaf` where it is of
    another leaf, `log_key_mismatch` where of another log, and as `verify` does.
    """
    if not isinstance(part, dict) or not set(part) <= set(PUBLIC):
        raise malformed("The newer proof is not what was asked for.")
    kept = {name: value for name, value in bundle.to_object().items() if name not in PUBLIC}
    try:
        found = ProofBundle.parse(json.dumps(kept | part))
    except (ValueError, RecursionError) as error:
        raise malformed("The newer proof is not what was asked for.") from error
    if found.index != bundle.index:
        raise ProofInvalid("The newer proof is of another leaf.", code="proof_wrong_leaf")
    if found.vkey != bundle.vkey:
        raise ProofInvalid("The newer proof is of a log with another key.", code="log_key_mismatch")
    if _rank(found) <= _rank(bundle):
        return bundle
    verify(found, bundle.opening.digests, bundle.vkey)
    return found


def _rank(bundle: ProofBundle) -> tuple[int, ...]:
    """How far a proof has come: its state first, then how much it needs nobody for."""
    shown = [each.evidence for each in bundle.anchors if each.evidence is not None]
    silent = sum(each.revocation is None for each in shown)
    signatures = (bundle.checkpoint or "").count("\n— ")
    bound = int(bundle.registrations is not None)
    return (_ORDER.index(bundle.state), len(shown), -silent, bound, len(bundle.timestamps), signatures)
