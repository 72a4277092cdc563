"""A small Ethereum state, made deterministically: tries, their proofs, and a block header over them."""

from collections.abc import Mapping
from dataclasses import dataclass

from attest.proofs import rlp
from attest.proofs.layout import KNOWN, anchored_slot, revoked_slot
from attest.proofs.trie import EMPTY_ROOT, keccak256, walk

EMPTY_CODE = keccak256(b"")
CODE, LAYOUT = next(iter(KNOWN.items()))


class Trie:
    """A secure Merkle-Patricia trie over these entries; keys are hashed here, values are RLP."""

    def __init__(self, entries: Mapping[bytes, bytes]) -> None:
        self._nodes: dict[bytes, bytes] = {}
        paths = {tuple(nibbles(keccak256(key))): value for key, value in entries.items()}
        self.root = self._store(rlp.encode(self._build(paths))) if paths else EMPTY_ROOT

    def proof(self, key: bytes) -> tuple[bytes, ...]:
        """The nodes on the way to a key, or to where it would be."""
        used: list[bytes] = []

        def fetch(wanted: bytes) -> bytes:
            used.append(self._nodes[wanted])
            return used[-1]

        if self.root != EMPTY_ROOT:
            walk(self.root, key, fetch)
        return tuple(used)

    def _build(self, paths: dict[tuple[int, ...], bytes]) -> rlp.Item:
        if len(paths) == 1:
            path, value = next(iter(paths.items()))
            return [compact(path, leaf=True), value]
        shared = _shared(list(paths))
        if shared:
            below = {path[len(shared) :]: value for path, value in paths.items()}
            return [compact(shared, leaf=False), self._reference(self._build(below))]
        node: list[rlp.Item] = []
        for nibble in range(16):
            below = {path[1:]: value for path, value in paths.items() if path[0] == nibble}
            node.append(self._reference(self._build(below)) if below else b"")
        return [*node, b""]

    def _reference(self, node: rlp.Item) -> rlp.Item:
        raw = rlp.encode(node)
        return node if len(raw) < 32 else self._store(raw)

    def _store(self, raw: bytes) -> bytes:
        digest = keccak256(raw)
        self._nodes[digest] = raw
        return digest


def nibbles(key: bytes) -> list[int]:
    """Two a byte."""
    return [nibble for byte in key for nibble in (byte >> 4, byte & 15)]


def _shared(paths: list[tuple[int, ...]]) -> tuple[int, ...]:
    first, last = min(paths), max(paths)
    length = next(at for at, (one, other) in enumerate(zip(first, last, strict=True)) if one != other)
    return first[:length]


def compact(path: tuple[int, ...], *, leaf: bool) -> bytes:
    """Hex-prefix encoding of a leaf's or an extension's path."""
    flag = 2 * leaf + len(path) % 2
    whole = [flag, *path] if len(path) % 2 else [flag, 0, *path]
    return bytes(high << 4 | low for high, low in zip(whole[::2], whole[1::2], strict=True))


@dataclass(frozen=True, slots=True)
class World:
    """One block: its header's RLP, and the tries under it."""

    header: bytes
    accounts: Trie
    storage: Trie

    @property
    def block_hash(self) -> str:
        """The block's hash, 0x hex."""
        return "0x" + keccak256(self.header).hex()


@dataclass(frozen=True, slots=True)
class Anchored:
    """A checkpoint in the registry's storage: block and time (Unix seconds) of its anchoring."""

    log_id: bytes
    size: int
    root: bytes
    block: int
    time: int


def world(
    registry: bytes,
    anchored: Anchored,
    *,
    block: int,
    time: int,
    revoked: tuple[int, ...] = (),
    code_hash: bytes = CODE,
) -> World:
    """A block whose registry holds that checkpoint and these revoked leaves, among other things."""
    slots = {keccak256(b"slot %d" % each): rlp.encode(bytes([1 + each])) for each in range(40)}
    packed = anchored.time | anchored.block << 64
    here = anchored_slot(LAYOUT, anchored.log_id, anchored.size, anchored.root)
    slots[here] = rlp.encode(rlp.number(packed))
    words: dict[bytes, int] = {}
    for index in revoked:
        slot = revoked_slot(LAYOUT, anchored.log_id, index)
        words[slot] = words.get(slot, 0) | 1 << (index & 255)
    slots |= {slot: rlp.encode(rlp.number(bits)) for slot, bits in words.items()}
    storage = Trie(slots)
    accounts = {keccak256(b"account %d" % each)[:20]: _account(each) for each in range(60)}
    accounts[registry] = rlp.encode([b"\x01", b"", storage.root, code_hash])
    state = Trie(accounts)
    return World(_header(state.root, block, time), state, storage)


def _account(nonce: int) -> bytes:
    return rlp.encode([rlp.number(nonce), rlp.number(10**18), EMPTY_ROOT, EMPTY_CODE])


def _header(state_root: bytes, block: int, time: int) -> bytes:
    """As of the Prague fork (EIP-7685), with 21 fields."""
    fields: list[rlp.Item] = [
        keccak256(b"parent"),
        keccak256(b"\xc0"),
        keccak256(b"coinbase")[:20],
        state_root,
        keccak256(b"transactions"),
        keccak256(b"receipts"),
        bytes(256),
        b"",
        rlp.number(block),
        rlp.number(36_000_000),
        rlp.number(21_000),
        rlp.number(time),
        b"assay",
        keccak256(b"randao"),
        bytes(8),
        rlp.number(7),
        EMPTY_ROOT,
        b"",
        b"",
        keccak256(b"beacon"),
        keccak256(b"requests"),
    ]
    return rlp.encode(fields)
