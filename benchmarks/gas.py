"""What anchoring costs: ours beside EAS and ERC-7053's reference, on one anvil in one run.

Gas is that of whole transactions. One checkpoint covers any number of items, so that its gas is divided by
them; the peers store or emit something for each. Where a batch does not fit into one transaction (2^24 gas,
EIP-7825) it is sent in as few as fit. Every checkpoint measured carries a consistency proof that the
contract verifies, from a log whose size is drawn anew for each sample.
"""

import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence

from attest.log.merkle import leaf_hash
from attest.registry import contract
from benchmarks import deep_log, peers
from benchmarks.evm import Evm, evm
from service.cli.figures import Figure

TITLE = "gas per item beside EAS and ERC-7053, with the consistency proof verified on chain"
BATCHES = (1, 100, 1_000, 10_000)
TARGETS = {1_000: 85.0, 10_000: 10.0}
SAMPLES = 24
READS = 300
MILLION, BILLION = 10**6, 10**9
_TIMESTAMPS_EACH, _ATTESTATIONS_EACH = 500, 50
_SINGLES = 20
_REVOCATIONS = 256


def measure() -> list[Figure]:
    """All figures, ours first."""
    chance = random.Random(7053)
    with evm() as chain:
        ours = _Ours(chain, chance)
        eas = peers.eas(chain)
        figures = [*ours.per_item(MILLION), *ours.per_item(BILLION), *ours.with_commits()]
        figures += [*_eas_per_item(eas, chance), *_commits_per_item(chain, chance)]
        figures += [
            *ours.standing(),
            Figure("deploy: EAS", eas.deployment, "gas", f"with its schema registry, {peers.EAS_PACKAGE}"),
        ]
        figures += [
            *ours.revocations(),
            *_eas_revocations(eas, chance),
            *ours.views(),
            *_eas_views(eas, chance),
        ]
    return figures


class _Ours:
    """Our registry, with a new log for each sample."""

    def __init__(self, chain: Evm, chance: random.Random) -> None:
        self.chain, self.chance = chain, chance
        self.registry = chain.registry()
        self._logs = 0
        self._first: list[int] = []
        self._registered: list[int] = []

    def _new_log(self, size: int, root: bytes) -> str:
        """Register a log and anchor its first checkpoint."""
        self._logs += 1
        origin = f"log{self._logs:06d}.example.org/assay"
        key = self.chance.randbytes(32)
        self._registered.append(self.chain.gas(self.registry, contract.register_data(origin, key)))
        log = contract.log_id(self.chain.key.address, origin)
        data = contract.checkpoint_data(log, size, root, [])
        self._first.append(self.chain.gas(self.registry, data))
        return log

    def _checkpoint(self, size: int, items: int) -> tuple[int, int]:
        """Gas of a checkpoint that adds `items` to a log of `size`, and the nodes of its proof."""
        old, new, proof = deep_log.consistency(size, size + items, self.chance)
        log = self._new_log(size, old)
        data = contract.checkpoint_data(log, size + items, new, proof)
        return self.chain.gas(self.registry, data), len(proof)

    def per_item(self, size: int) -> Iterator[Figure]:
        """Gas an item at each batch, in logs of `size` to twice as many leaves."""
        for items in BATCHES:
            sizes = [self.chance.randrange(size, 2 * size) for _ in range(SAMPLES)]
            found = [self._checkpoint(each, items) for each in sizes]
            gas = [each for each, _ in found]
            nodes = [each for _, each in found]
            value, target = statistics.fmean(gas) / items, TARGETS.get(items)
            note = f"mean of {SAMPLES} logs, {min(nodes)} to {max(nodes)} proof nodes"
            note += f", the dearest {max(gas) / items:,.2f}"
            if target is not None:
                note += f"; target ≤ {target:g} on average: {'held' if value <= target else 'MISSED'}"
            scale = "10⁶" if size == MILLION else "10⁹"
            yield Figure(f"checkpoint of {items:,}, log of {scale} and more", value, "gas/item", note)

    def with_commits(self) -> Iterator[Figure]:
        """The opt-in: ERC-7053 events for every item of a checkpoint."""
        for items in BATCHES[:2]:
            size = self.chance.randrange(MILLION, 2 * MILLION)
            old, new, proof = deep_log.consistency(size, size + items, self.chance)
            log = contract.as_bytes32(self._new_log(size, old))
            cids = [peers.asset_cid(self.chance) for _ in range(items)]
            said = [_said(size + number) for number in range(items)]
            data = contract.call_data("checkpointWithCommits", log, size + items, new, proof, cids, said)
            gas = self.chain.gas(self.registry, data)
            yield Figure(
                f"checkpoint of {items:,} with commits", gas / items, "gas/item", "opt-in: one event an item"
            )

    def standing(self) -> Iterator[Figure]:
        """What is paid once."""
        created = self.chain.create(contract.init_code())[1]
        yield Figure("deploy: ours", created, "gas", f"plain creation; hard fork {self.chain.hard_fork()}")
        yield Figure("register a log", statistics.fmean(self._registered), "gas")
        yield Figure("first checkpoint of a log", statistics.fmean(self._first), "gas")

    def revocations(self) -> Iterator[Figure]:
        """Bits, alone and in numbers."""
        log = self._new_log(1, self.chance.randbytes(32))

        def paid(indexes: Sequence[int]) -> int:
            return self.chain.gas(self.registry, contract.revoke_data(log, indexes))

        yield Figure("revoke: ours, first of its word", paid([70]), "gas/item", "256 leaves share a word")
        yield Figure("revoke: ours, further in a word", paid([71]), "gas/item")
        one = paid(range(512, 512 + _REVOCATIONS)) / _REVOCATIONS
        yield Figure(f"revoke: ours, {_REVOCATIONS} of one word", one, "gas/item", "one slot for all")
        scattered = [1_000_000 + 256 * number for number in range(_REVOCATIONS)]
        each = paid(scattered) / _REVOCATIONS
        yield Figure(f"revoke: ours, {_REVOCATIONS} in as many words", each, "gas/item", "the worst case")

    def views(self) -> Iterator[Figure]:
        """The whole check of one leaf, as a reader and as a contract would pay for it."""
        size, leaf = self.chance.randrange(MILLION, 2 * MILLION), leaf_hash(b"leaf")
        index = self.chance.randrange(size)
        root, proof = deep_log.inclusion(index, size, leaf, self.chance)
        log = contract.as_bytes32(self._new_log(size, root))
        asked = (log, leaf, index, size, root, proof)
        client = self.chain.client
        data = contract.call_data("verify", *asked)
        gas = client.estimate_gas(self.chain.key.address, self.registry, data)
        yield Figure("verify(), gas", gas, "gas", f"{len(proof)} nodes; as a transaction, free as a call")
        yield _read_time("verify(), time", lambda: client.read_many(self.registry, [("verify", asked)]))


def _said(index: int) -> str:
    return f'{{"leaf":{index}}}'


def _read_time(name: str, read: Callable[[], object]) -> Figure:
    """Median milliseconds of one call over HTTP, encoding and decoding included."""
    spent = []
    for _ in range(READS):
        begun = time.perf_counter()
        read()
        spent.append(time.perf_counter() - begun)
    return Figure(name, statistics.median(spent) * 1000, "ms", f"median of {READS} calls over HTTP")


def _eas_per_item(eas: peers.Eas, chance: random.Random) -> Iterator[Figure]:
    def paid(call: Callable[[Sequence[bytes]], bytes], items: int, each: int) -> tuple[float, int]:
        left, gas, sent = items, 0, 0
        while left:
            now = min(left, each)
            gas += eas.evm.gas(eas.address, call([chance.randbytes(32) for _ in range(now)]))
            left, sent = left - now, sent + 1
        return gas / items, sent

    singles = [eas.evm.gas(eas.address, eas.timestamp(chance.randbytes(32))) for _ in range(_SINGLES)]
    yield Figure("EAS timestamp", statistics.fmean(singles), "gas/item", "one a transaction")
    singles = [eas.evm.gas(eas.address, eas.attest(chance.randbytes(32))) for _ in range(_SINGLES)]
    yield Figure(
        "EAS attest", statistics.fmean(singles), "gas/item", "one a transaction, a schema of one bytes32"
    )
    for name, call, each in (
        ("multiTimestamp", eas.multi_timestamp, _TIMESTAMPS_EACH),
        ("multiAttest", eas.multi_attest, _ATTESTATIONS_EACH),
    ):
        for items in BATCHES:
            gas, sent = paid(call, items, each)
            yield Figure(f"EAS {name} of {items:,}", gas, "gas/item", f"transactions: {sent:,}")


def _commits_per_item(chain: Evm, chance: random.Random) -> Iterator[Figure]:
    address, deployment = peers.commit_register(chain)
    singles = [
        chain.gas(address, peers.commit(peers.asset_cid(chance), _said(number))) for number in range(_SINGLES)
    ]
    note = f"of {_SINGLES}; it has no batch, so a batch of any size costs this for each item"
    yield Figure("ERC-7053 commit", statistics.fmean(singles), "gas/item", note)
    yield Figure("deploy: ERC-7053 reference", deployment, "gas")


def _eas_revocations(eas: peers.Eas, chance: random.Random) -> Iterator[Figure]:
    uids: list[bytes] = []
    while len(uids) < _REVOCATIONS + 1:
        uids += eas.attested([chance.randbytes(32) for _ in range(_ATTESTATIONS_EACH)])
    yield Figure("revoke: EAS", eas.evm.gas(eas.address, eas.revoke(uids[:1])), "gas/item")
    gas = eas.evm.gas(eas.address, eas.revoke(uids[1 : _REVOCATIONS + 1]))
    yield Figure(f"revoke: EAS, {_REVOCATIONS} at once", gas / _REVOCATIONS, "gas/item", "multiRevoke")


def _eas_views(eas: peers.Eas, chance: random.Random) -> Iterator[Figure]:
    item = chance.randbytes(32)
    eas.evm.send(eas.address, eas.timestamp(item))
    call = {"to": eas.address, "data": "0x" + contract.foreign_call_data("getTimestamp(bytes32)", item).hex()}
    client = eas.evm.client
    yield _read_time("EAS getTimestamp(), time", lambda: client.rpc.call("eth_call", call, "latest"))
