"""One anvil of its own, and what each transaction on it costs."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from attest.registry import contract, embedded
from attest.registry.client import Receipt, RegistryClient
from attest.registry.keys import AnchorKey
from attest.registry.signing import Draft, Fees, sign
from service.supervisor import ports

GAS_LIMIT = 1 << 24
"""No transaction may have more (EIP-7825)."""
_FEES = Fees(10**12, 10**9)


class Evm:
    """A chain with nobody else on it. The sender's key is the same in every run, so that calldata is, too."""

    def __init__(self, client: RegistryClient, url: str) -> None:
        self.client, self.url = client, url
        self.key = self.account("sender")
        self._nonces: dict[str, int] = {}

    def account(self, name: str) -> AnchorKey:
        """A funded account."""
        key = AnchorKey(sha256(name.encode()).digest())
        embedded.fund(self.url, key.address)
        return key

    def send(self, to: str | None, data: bytes, by: AnchorKey | None = None) -> Receipt:
        """Send and wait. Raises RuntimeError if it failed: a benchmark measures what succeeds."""
        key = by or self.key
        nonce = self._nonces.get(key.address, 0)
        self._nonces[key.address] = nonce + 1
        signed = sign(key, Draft(self.client.chain_id, nonce, to, data, GAS_LIMIT, _FEES))
        self.client.send(signed.raw)
        while (receipt := self.client.receipt(signed.hash)) is None:
            time.sleep(0.002)
        if not receipt.succeeded:
            raise RuntimeError(f"A transaction to {to or 'nowhere'} failed after {receipt.gas_used} gas.")
        return receipt

    def gas(self, to: str | None, data: bytes, by: AnchorKey | None = None) -> int:
        """Gas of the whole transaction."""
        return self.send(to, data, by).gas_used

    def create(self, code: bytes) -> tuple[str, int]:
        """The new contract's address, and the gas of creating it."""
        receipt = self.send(None, code)
        if receipt.contract is None:
            raise RuntimeError("A creation made no contract.")
        return receipt.contract, receipt.gas_used

    def registry(self) -> str:
        """Our registry's address, deployed the deterministic way."""
        self.send(contract.DEPLOYER, contract.deploy_data())
        return contract.deterministic_address()

    def hard_fork(self) -> str:
        """The rules the chain runs by, in its own words."""
        answer = self.client.rpc.call("anvil_nodeInfo")
        return str(answer.get("hardFork", "unknown"))


@contextmanager
def evm() -> Iterator[Evm]:
    """Start a chain, and stop it at the end."""
    port = ports.ephemeral()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        process = subprocess.Popen(
            embedded.command(port, Path(folder) / "none.json"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            embedded.wait_ready(url)
            with RegistryClient(url, embedded.CHAIN_ID, timeout=60.0) as client:
                yield Evm(client, url)
        finally:
            process.kill()
            process.wait()
