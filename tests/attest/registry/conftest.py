"""A real anvil on an ephemeral port, a funded throw-away key, and a log to anchor."""

import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from attest.errors import RegistryRefused
from attest.flows import anchor
from attest.log import merkle
from attest.models import CheckpointAnchor, Deployment
from attest.registry import contract, embedded
from attest.registry.client import Receipt, RegistryClient
from attest.registry.keys import AnchorKey
from attest.registry.signing import Draft, Fees, sign

ORIGIN = "log.example.org/assay"
LOG_KEY = bytes(range(32))


@dataclass
class EmbeddedChain:
    """One anvil process over one state file; it can be killed, wiped and started again."""

    state_file: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    url: str = field(init=False)

    def __post_init__(self) -> None:
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.process = subprocess.Popen(
            embedded.command(self.port, self.state_file),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        embedded.wait_ready(self.url)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def wipe(self) -> None:
        """Lose everything: what a deleted state file leaves."""
        self.kill()
        self.state_file.unlink(missing_ok=True)
        self.start()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[EmbeddedChain]:
    try:
        embedded.binary()
    except embedded.AnvilMissing as missing:
        pytest.skip(str(missing))
    running = EmbeddedChain(tmp_path / "chain.json", _free_port())
    running.start()
    yield running
    running.kill()


@pytest.fixture
def client(chain: EmbeddedChain) -> Iterator[RegistryClient]:
    with RegistryClient(chain.url, embedded.CHAIN_ID) as connected:
        yield connected


@pytest.fixture
def key(chain: EmbeddedChain) -> AnchorKey:
    made = AnchorKey(secrets.token_bytes(32))
    embedded.fund(chain.url, made.address)
    return made


class Sender:
    """Sends single transactions past the outbox and waits for them, also for those that will revert."""

    def __init__(self, client: RegistryClient, key: AnchorKey) -> None:
        self.client, self.key = client, key

    def __call__(self, to: str | None, data: bytes, key: AnchorKey | None = None) -> Receipt:
        by = key or self.key
        fees = Fees(10**11, 10**9)
        nonce = self.client.nonce(by.address)
        signed = sign(by, Draft(self.client.chain_id, nonce, to, data, 3_000_000, fees))
        self.client.send(signed.raw)
        deadline = time.monotonic() + 10
        while (receipt := self.client.receipt(signed.hash)) is None:
            assert time.monotonic() < deadline, "the transaction was not mined"
            time.sleep(0.01)
        return receipt


@pytest.fixture
def send(client: RegistryClient, key: AnchorKey) -> Sender:
    return Sender(client, key)


@pytest.fixture
def origin() -> str:
    return ORIGIN


@pytest.fixture
def log_key() -> bytes:
    return LOG_KEY


@pytest.fixture
def registry(send: Sender) -> str:
    """A registry deployed by CREATE2, with the key's log registered."""
    assert send(contract.DEPLOYER, contract.deploy_data()).succeeded
    address = contract.deterministic_address()
    assert send(address, contract.register_data(ORIGIN, LOG_KEY)).succeeded
    return address


@pytest.fixture
def refused(client: RegistryClient, registry: str) -> Callable[[AnchorKey, bytes], str]:
    """The code with which the registry refuses a call; the call must be refused."""

    def asked(by: AnchorKey, data: bytes) -> str:
        with pytest.raises(RegistryRefused) as caught:
            client.estimate_gas(by.address, registry, data)
        return caught.value.code

    return asked


class GrowingLog:
    """A log in memory, with its proofs."""

    def __init__(self, size: int = 0) -> None:
        self.leaves = [merkle.leaf_hash(b"leaf %d" % index) for index in range(size)]

    def grow(self, count: int, tag: bytes = b"leaf") -> None:
        begin = len(self.leaves)
        self.leaves += [merkle.leaf_hash(tag + b" %d" % index) for index in range(begin, begin + count)]

    def subtree(self, level: int, index: int) -> bytes:
        return merkle.root_of(self.leaves[index << level : (index + 1) << level])

    def root(self, size: int | None = None) -> bytes:
        return merkle.root_of(self.leaves[: len(self.leaves) if size is None else size])

    def consistency(self, old: int, new: int) -> list[bytes]:
        return merkle.consistency_proof(old, new, self.subtree)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        return merkle.inclusion_proof(index, size, self.subtree)


@pytest.fixture
def make_log() -> Callable[[int], GrowingLog]:
    return GrowingLog


@pytest.fixture
def ensure(client: RegistryClient, key: AnchorKey, chain: EmbeddedChain) -> Callable[..., Deployment]:
    """Deploys the registry and registers the log."""
    return partial(
        anchor.ensure_registry,
        client,
        key,
        origin=ORIGIN,
        log_key=LOG_KEY,
        fund=partial(embedded.fund, chain.url),
    )


@pytest.fixture
def advance(
    client: RegistryClient, key: AnchorKey, chain: EmbeddedChain
) -> Callable[[GrowingLog], list[CheckpointAnchor]]:
    """One round for a given log, to finality."""

    def once(log: GrowingLog) -> list[CheckpointAnchor]:
        return anchor.advance(
            client,
            key,
            log.consistency,
            fund=partial(embedded.fund, chain.url),
            settle=partial(embedded.settle, chain.url),
        )

    return once
