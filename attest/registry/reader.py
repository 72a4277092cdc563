"""The port of attest.proofs onto a chain: all that a verifier needs, from nothing but an RPC address."""

from attest.errors import ChainMismatch
from attest.proofs.verifier import AnchorReading
from attest.registry.client import RegistryClient


class RegistryReader:
    """Reads anchors and revocations, and only from contracts that are our registry's code.

    Every method raises ChainUnavailable, and ChainMismatch for another chain or an address without one.
    """

    def __init__(self, client: RegistryClient) -> None:
        self._client = client
        self._genuine: set[str] = set()

    def anchored(
        self, chain_id: int, registry: str, log_id: str, size: int, root: bytes
    ) -> AnchorReading | None:
        """When exactly this checkpoint was anchored in that registry; None if it never was."""
        self._require(chain_id, registry)
        stamp = self._client.anchored_at(registry, log_id, size, root)
        if stamp is None:
            return None
        # The contract's own word names the block, so the canonical chain holds it: no hash to compare.
        return AnchorReading(stamp.block, stamp.time, self._client.finality(stamp.block))

    def revoked(self, chain_id: int, registry: str, log_id: str, index: int) -> bool:
        """Whether that leaf's revocation bit is set."""
        self._require(chain_id, registry)
        return self._client.is_revoked(registry, log_id, index)

    def had_key(self, chain_id: int, registry: str, log_id: str, public_key: bytes) -> bool:
        """Whether that log has, or had, this Ed25519 key (32 bytes)."""
        self._require(chain_id, registry)
        return self._client.had_key(registry, log_id, public_key)

    def _require(self, chain_id: int, registry: str) -> None:
        if self._client.chain_id != chain_id:
            raise ChainMismatch(
                f"The anchor is on chain {chain_id}, the endpoint serves chain {self._client.chain_id}."
            )
        if registry not in self._genuine:
            self._client.require_registry(registry)
            self._genuine.add(registry)


def open_reader(rpc_url: str, timeout: float = 10.0) -> RegistryReader:
    """A reader over `rpc_url`, or several of one chain separated by bars, of which two must agree.

    Nothing is asked until its first use.
    """
    return RegistryReader(RegistryClient(rpc_url.split("|"), timeout=timeout))
