"""What a verifier knows beforehand and holds a proof to."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from attest.errors import ProofInvalid
from attest.log.cosignature import WitnessKey
from attest.proofs.evidence import parse_pin
from attest.proofs.layout import log_id_of

_LOG = re.compile(r"0x([0-9a-fA-F]{64}|[0-9a-fA-F]{40})")


@dataclass(frozen=True, slots=True)
class Pins:
    """Pinned values beside the log's key; empty where nothing is pinned.

    `block_hashes` are (chain id, 0x hex); `logs` are log ids (32 bytes) or their first owners' addresses
    (20 bytes), lower-case 0x hex.
    """

    block_hashes: frozenset[tuple[int, str]] = frozenset()
    witnesses: tuple[WitnessKey, ...] = ()
    logs: frozenset[str] = frozenset()

    @classmethod
    def parse(
        cls, block_hashes: Iterable[str] = (), witnesses: Iterable[str] = (), logs: Iterable[str] = ()
    ) -> "Pins":
        """Read `CHAIN_ID:0x…`, witness verifier keys, and log ids or owners.

        Raises ProofInvalid: `block_hash_malformed`, `witness_key_malformed`, `log_id_malformed`.
        """
        keys = {str(key): key for key in (WitnessKey.parse(line.strip()) for line in witnesses)}
        return cls(frozenset(map(parse_pin, block_hashes)), tuple(keys.values()), frozenset(map(_log, logs)))

    def log_ids(self, origin: str) -> frozenset[str]:
        """The pinned ids, with those of pinned owners for a log of that origin."""
        found = set()
        for each in self.logs:
            owner = len(each) == 42
            found.add("0x" + log_id_of(bytes.fromhex(each[2:]), origin).hex() if owner else each)
        return frozenset(found)


def _log(text: str) -> str:
    if not _LOG.fullmatch(text):
        raise ProofInvalid("A log is pinned by its id or owner, in 0x hex.", code="log_id_malformed")
    return text.lower()
