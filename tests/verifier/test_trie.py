"""Merkle-Patricia proofs: real tries of every shape, and nodes that no honest trie holds."""

import random
from collections.abc import Iterable
from typing import Any

import pytest
import rlp
from Crypto.Hash import keccak

from tests.verifier.conftest import Ask, b64

RANDOM = random.Random(6962)
Node = list[Any] | bytes


def keccak256(data: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=data).digest()


def nibbles(data: bytes) -> list[int]:
    return [nibble for byte in data for nibble in (byte >> 4, byte & 15)]


def compact(path: list[int], *, leaf: bool) -> bytes:
    """Hex-prefix encoding, yellow paper appendix C."""
    flag = 2 * leaf + len(path) % 2
    whole = [flag, *path] if len(path) % 2 else [flag, 0, *path]
    return bytes(16 * high + low for high, low in zip(whole[::2], whole[1::2], strict=True))


class Trie:
    """A secure trie made by the definition of the yellow paper's appendix D, from all its items at once."""

    def __init__(self, items: dict[bytes, bytes]) -> None:
        self.encoded: dict[bytes, bytes] = {}
        pairs = [(nibbles(keccak256(key)), value) for key, value in items.items()]
        top = rlp.encode(self._node(pairs) if pairs else b"")
        self.root = keccak256(top)
        self.encoded[self.root] = top

    def _node(self, pairs: list[tuple[list[int], bytes]]) -> Node:
        if len(pairs) == 1:
            return [compact(pairs[0][0], leaf=True), pairs[0][1]]
        shared = 0
        while len({path[shared] for path, _ in pairs}) == 1:
            shared += 1
        if shared:
            below = self._node([(path[shared:], value) for path, value in pairs])
            return [compact(pairs[0][0][:shared], leaf=False), self._reference(below)]
        return [
            self._reference(self._node(mine)) if mine else b""
            for first in range(16)
            for mine in [[(path[1:], value) for path, value in pairs if path[0] == first]]
        ] + [b""]

    def _reference(self, node: Node) -> Node:
        raw = rlp.encode(node)
        if len(raw) < 32:
            return node
        self.encoded[keccak256(raw)] = raw
        return keccak256(raw)

    def proof(self, key: bytes) -> list[bytes]:
        """The hashed nodes on the way down, as eth_getProof gives them."""
        path, found = nibbles(keccak256(key)), list[bytes]()
        node: Any = self.root
        while True:
            if isinstance(node, bytes):
                if len(node) != 32:
                    return found
                found.append(self.encoded[node])
                node = rlp.decode(self.encoded[node])
            if len(node) == 17:
                node = node[path.pop(0)]
                continue
            steps = nibbles(node[0])
            is_leaf, steps = bool(steps[0] & 2), steps[1:] if steps[0] & 1 else steps[2:]
            if is_leaf or path[: len(steps)] != steps:
                return found
            del path[: len(steps)]
            node = node[1]


def key_of(number: int) -> bytes:
    return number.to_bytes(32, "big")


def task(root: bytes, key: bytes, nodes: Iterable[bytes]) -> dict[str, Any]:
    return {"op": "trie", "root": b64(root), "key": b64(key), "nodes": [b64(node) for node in nodes]}


def tries() -> list[tuple[Trie, dict[bytes, bytes]]]:
    """Sizes from one item to hundreds; values short enough to lie inside their parents, and long ones."""
    made = []
    for size in (1, 2, 3, 16, 17, 200):
        for length in (1, 33):
            items = {key_of(n): rlp.encode(RANDOM.randbytes(length - 1) + b"\x80") for n in range(size)}
            made.append((Trie(items), items))
    return made


def test_presence_and_absence_are_proved_in_real_tries(ask: Ask) -> None:
    tasks, expected = [], []
    for trie, items in tries():
        for number in range(len(items) + 60):
            tasks.append(task(trie.root, key_of(number), trie.proof(key_of(number))))
            value = items.get(key_of(number))
            expected.append(None if value is None else b64(value))
    answers = ask(tasks)
    assert [each.get("value", each) for each in answers] == expected
    assert None in expected


def test_a_damaged_proof_proves_nothing_else(ask: Ask) -> None:
    """Whatever is changed in the nodes: either it is refused, or the nodes were not all needed."""
    tasks = []
    for trie, items in tries():
        for number in (0, len(items) - 1, len(items) + 5):
            nodes = trie.proof(key_of(number))
            for _ in range(20):
                changed = [bytearray(node) for node in nodes]
                at = RANDOM.randrange(len(changed))
                changed[at][RANDOM.randrange(len(changed[at]))] ^= 1 << RANDOM.randrange(8)
                tasks.append(task(trie.root, key_of(number), map(bytes, changed)))
            tasks += [
                task(trie.root, key_of(number), nodes[:-1]),
                task(trie.root, key_of(number), nodes[1:]),
                task(trie.root, key_of(number), [*nodes, nodes[-1]]),
                task(keccak256(b"other"), key_of(number), nodes),
            ]
    assert {each.get("refused") for each in ask(tasks)} == {"EvidenceFault"}


def test_the_empty_trie_holds_nothing(ask: Ask) -> None:
    empty = keccak256(b"\x80")
    assert ask([task(empty, b"k", [])])[0] == {"value": None}
    assert ask([task(empty, b"k", [b"\x80"])])[0]["refused"] == "EvidenceFault"
    assert ask([task(keccak256(b"x"), b"k", [])])[0]["refused"] == "EvidenceFault"


KEY = b"key"
PATH = nibbles(keccak256(KEY))
VALUE = b"v" * 40


def chain(*nodes: Node) -> tuple[bytes, list[bytes]]:
    """The root over these nodes, where None stands for the next one's hash."""
    raws: list[bytes] = []
    for node in reversed(nodes):
        below = keccak256(raws[0]) if raws else b""
        raws.insert(0, rlp.encode([below if item is None else item for item in node]))
    return keccak256(raws[0]), raws


def branch(at: int, child: Any, value: bytes = b"") -> list[Any]:
    return [child if place == at else b"" for place in range(16)] + [value]


UNLIKE = [(PATH[1] + 1) % 16, *PATH[2:]]
NEVER_MADE = {
    "a leaf for a shorter key": chain([compact(PATH[:-2], leaf=True), VALUE]),
    "a leaf for a longer key": chain([compact([*PATH, 1, 2], leaf=True), VALUE]),
    "another leaf at another depth": chain(branch(PATH[0], None), [compact(UNLIKE[:-2], leaf=True), VALUE]),
    "a leaf without a value": chain([compact(PATH, leaf=True), b""]),
    "a leaf whose value is a list": chain([compact(PATH, leaf=True), [b"v"]]),
    "a branch with a value": chain(branch(PATH[0], None, b"v"), [compact(PATH[1:], leaf=True), VALUE]),
    "a branch below the key's end": chain([compact(PATH, leaf=False), None], branch(0, b"v" * 32)),
    "an extension of no nibbles": chain([compact([], leaf=False), None], [compact(PATH, leaf=True), VALUE]),
    "an extension to nothing": chain([compact(PATH[:2], leaf=False), b""]),
    "an extension as long as the key": chain(
        [compact(PATH, leaf=False), None], [compact([], leaf=True), VALUE]
    ),
    "a flag of four": chain([bytes([0x40]) + compact(PATH, leaf=True)[1:], VALUE]),
    "a padding that is not zero": chain([bytes([0x21]) + compact(PATH, leaf=True)[1:], VALUE]),
    "a path that is a list": chain([[b"p"], VALUE]),
    "no path": chain([b"", VALUE]),
    "three items": chain([compact(PATH, leaf=True), VALUE, b""]),
    "a short reference": chain(branch(PATH[0], b"r" * 31)),
    "a large node that is not hashed": chain(branch(PATH[0], [compact(PATH[1:], leaf=True), VALUE])),
    "a small node that is hashed": chain(
        *(branch(nibble, None) for nibble in PATH[:-1]), [compact(PATH[-1:], leaf=True), b"v"]
    ),
}


@pytest.mark.parametrize("name", list(NEVER_MADE))
def test_nodes_that_no_trie_holds_are_refused_though_every_hash_fits(ask: Ask, name: str) -> None:
    root, nodes = NEVER_MADE[name]
    assert ask([task(root, KEY, nodes)])[0].get("refused") == "EvidenceFault"


def test_the_same_nodes_without_the_fault_prove_the_value(ask: Ask) -> None:
    honest = [
        chain([compact(PATH, leaf=True), VALUE]),
        chain(branch(PATH[0], None), [compact(PATH[1:], leaf=True), VALUE]),
        chain(
            [compact(PATH[:2], leaf=False), None],
            branch(PATH[2], None),
            [compact(PATH[3:], leaf=True), VALUE],
        ),
        chain(*(branch(nibble, None) for nibble in PATH[:-1]), [compact(PATH[-1:], leaf=True), VALUE]),
        chain(
            *(branch(nibble, None) for nibble in PATH[:-2]),
            branch(PATH[-2], [compact(PATH[-1:], leaf=True), VALUE[:20]]),
        ),
    ]
    found = [answer.get("value") for answer in ask([task(root, KEY, nodes) for root, nodes in honest])]
    assert found == [b64(VALUE)] * 4 + [b64(VALUE[:20])]
    root, nodes = chain(branch(PATH[0], None), [compact(UNLIKE, leaf=True), VALUE])
    assert ask([task(root, KEY, nodes)])[0] == {"value": None}


def items(depth: int) -> Any:
    if depth == 0 or RANDOM.random() < 0.4:
        return RANDOM.randbytes(RANDOM.choice([0, 1, 1, 2, 55, 56, 57, 255, 256, 300]))
    return [items(depth - 1) for _ in range(RANDOM.choice([0, 1, 2, 3, 17]))]


def spelled(item: Any) -> Any:
    return item.hex() if isinstance(item, bytes) else [spelled(each) for each in item]


def decoded(raw: bytes) -> Any:
    """As another library reads it strictly, or None."""
    try:
        return spelled(rlp.decode(raw, strict=True))
    except (rlp.exceptions.DecodingError, IndexError):
        return None


def test_rlp_is_read_as_another_library_reads_it(ask: Ask) -> None:
    whole = [rlp.encode(items(4)) for _ in range(300)]
    damaged = []
    for raw in whole * 8:
        changed = bytearray(raw[:4000])
        changed[RANDOM.randrange(min(len(changed), 12))] = RANDOM.choice(
            [0, 0x7F, 0x80, 0x81, 0xB7, 0xB8, 0xBF, 0xC0, 0xF7, 0xF8, 0xFF]
        )
        damaged.append(
            bytes(changed[: RANDOM.randint(1, len(changed))] if RANDOM.random() < 0.3 else changed)
        )
    second = [
        b"",
        b"\x81\x01",
        b"\xb8\x01a",
        b"\xb8\x37" + b"a" * 55,
        b"\xb9\x00\x38" + b"a" * 56,
        b"\xf8\x00",
        b"\xc1",
        b"\xbf" + b"\xff" * 8,
        b"\xff" + b"\xff" * 8,
        b"\xc0\xc0",
        b"\xc1\x81\x01",
    ]
    raws = [*whole, *damaged, *second]
    answers = ask([{"op": "rlp", "data": b64(raw)} for raw in raws])
    wrong = [
        (raw[:60].hex(), answer, decoded(raw))
        for raw, answer in zip(raws, answers, strict=True)
        if answer.get("value") != decoded(raw)
    ]
    assert wrong == []
    assert all("refused" in each for each in answers[-len(second) :])
    assert ask([{"op": "rlp", "data": b64(b"\xc1" * 40)}])[0]["refused"] == "EvidenceFault"
