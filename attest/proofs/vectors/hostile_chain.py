"""Vectors of evidence that must be refused."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from attest.proofs import rlp
from attest.proofs.bundle import BundleAnchor
from attest.proofs.evidence import Evidence
from attest.proofs.layout import anchored_slot, revoked_slot
from attest.proofs.trie import keccak256
from attest.proofs.vectors.materials import (
    ANCHORED,
    BLOCK,
    CHAIN,
    LOG_ID,
    block_of,
    evidence,
    final,
    logged,
    root,
)
from attest.proofs.vectors.state import LAYOUT, compact, nibbles
from attest.proofs.vectors.vector import Json, Vector, refused

Change = Callable[[Evidence], Evidence]
CODE = "evidence_invalid"


def vectors() -> Iterator[Vector]:
    """All of them; each also pins whatever block hash its header has, so that only the rest can refuse it."""
    for name, change in _mutations().items():
        yield _refused(f"evidence: {name}", change(_evidence()))
    for name, changes in _other_anchors().items():
        yield _refused(f"evidence: {name}", _evidence(), **changes)
    yield from _other_worlds()
    yield from _shapes()


def _evidence() -> Evidence:
    return evidence(logged(), block_of(logged()))


def _refused(name: str, shown: Evidence, code: str = CODE, **changes: Any) -> Vector:
    bundle = final()
    anchor: BundleAnchor = replace(bundle.anchors[0], evidence=shown, **changes)
    pin = f"{CHAIN}:0x{keccak256(shown.header).hex()}"
    return refused(name, code, replace(bundle, anchors=(anchor,)), block_hashes=(pin,))


def _mutations() -> dict[str, Change]:
    """Evidence of the true block, changed in one place."""

    def account(change: Callable[[tuple[bytes, ...]], tuple[bytes, ...]]) -> Change:
        return lambda found: replace(found, account=change(found.account))

    def storage(change: Callable[[tuple[bytes, ...]], tuple[bytes, ...]]) -> Change:
        return lambda found: replace(found, storage=change(found.storage))

    def header(change: Callable[[list[rlp.Item]], object]) -> Change:
        return lambda found: replace(found, header=_changed(found.header, change))

    return {
        "a flipped bit in the account's leaf": account(lambda nodes: (*nodes[:-1], _flip(nodes[-1]))),
        "a flipped bit in the state's root": account(lambda nodes: (_flip(nodes[0]), *nodes[1:])),
        "a flipped bit in the storage's root": storage(lambda nodes: (_flip(nodes[0]), *nodes[1:])),
        "a flipped bit in the slot's leaf": storage(lambda nodes: (*nodes[:-1], _flip(nodes[-1]))),
        "account nodes in another order": account(lambda nodes: nodes[::-1]),
        "a missing account node": account(lambda nodes: nodes[:-1]),
        "no account nodes": account(lambda nodes: ()),
        "a missing storage node": storage(lambda nodes: nodes[:-1]),
        "no storage nodes": storage(lambda nodes: ()),
        "a node too many": storage(lambda nodes: (*nodes, nodes[-1])),
        "storage and account swapped": lambda found: replace(
            found, account=found.storage, storage=found.account
        ),
        "the storage of another slot": lambda found: replace(found, storage=found.revocation or ()),
        "revocation nodes of another slot": lambda found: replace(found, revocation=found.storage),
        "a missing revocation node": lambda found: replace(found, revocation=(found.revocation or ())[:-1]),
        "no revocation nodes": lambda found: replace(found, revocation=()),
        "another block number": lambda found: replace(found, block=found.block + 1),
        "an older block": lambda found: replace(found, block=found.block - 1),
        "a header that is no RLP": lambda found: replace(found, header=b"\xf9\xff"),
        "an empty header": lambda found: replace(found, header=b""),
        "a header with a byte after it": lambda found: replace(found, header=found.header + b"\0"),
        "a header cut short": lambda found: replace(found, header=found.header[:-1]),
        "a header of 14 fields": header(lambda fields: fields.__delitem__(slice(14, None))),
        "a header that is a string": lambda found: replace(found, header=rlp.encode(found.header[:60])),
        "a header with a list in it": header(lambda fields: fields.__setitem__(12, [b"x"])),
        "a header with a number with a leading zero": header(
            lambda fields: fields.__setitem__(11, b"\0" + _bytes(fields[11]))
        ),
        "a header without state root": header(lambda fields: fields.__setitem__(3, b"")),
        "a header of another state": header(lambda fields: fields.__setitem__(3, bytes(32))),
        "a header of another time": header(
            lambda fields: fields.__setitem__(11, rlp.number(rlp.integer(fields[11]) + 1))
        ),
        "a header older than the anchor": header(
            lambda fields: fields.__setitem__(11, rlp.number(rlp.integer(fields[11]) - 1))
        ),
        "a header with its length in a second spelling": lambda found: replace(
            found, header=b"\xfa\x00" + found.header[1:]
        ),
        "an earlier block of a later time": lambda found: _other_block(found, -1, 12),
        "a later block of an earlier time": lambda found: _other_block(found, 1, -12),
        "a header of nested lists": lambda found: replace(found, header=_nested()),
    }


def _other_anchors() -> dict[str, Json]:
    return {
        "an anchor at another registry": {"registry": "0x" + "ab" * 20},
        "an anchor under another id": {"log_id": "0x" + "ab" * 32},
        "an anchor in an earlier block": {"block": BLOCK - 1},
        "an anchor in a later block": {"block": BLOCK + 1},
        "an anchor at another time": {"time": "2026-11-23T07:30:59Z"},
        "an anchor at a later time": {"time": "2026-11-23T07:31:01Z"},
        "an anchor with another block's hash": {"block_hash": "0x" + "34" * 32},
    }


def _other_worlds() -> Iterator[Vector]:
    """Whole blocks, consistent in themselves, in which something else is true."""
    base = logged()
    other = block_of(base, code_hash=keccak256(b"a contract that says yes"))
    yield _refused("evidence: another contract's code", evidence(base, other), "evidence_code_unknown")
    person = block_of(base, code_hash=keccak256(b""))
    yield _refused("evidence: an account without code", evidence(base, person), "evidence_code_unknown")
    absent = block_of(base, log_id=bytes(32))
    yield _refused("evidence: a registry that does not know the checkpoint", evidence(base, absent))
    yield from _hidden()


def _hidden() -> Iterator[Vector]:
    """Malformed storage on the way to the revocation bit, which a lenient reader would take for "not set"."""
    values = {
        "a slot with a leading zero": b"\x82\x00\x01",
        "a slot of 33 bytes": rlp.encode(b"\x01" + bytes(32)),
        "a slot that is a list": b"\xc1\x01",
        "a slot in a second spelling": b"\x81\x01",
        "an empty slot": b"\x80",
    }
    leaf = compact(_PATH[1:], leaf=True)
    for name, value in values.items():
        yield _refused(f"evidence: {name}", beside([leaf, value]))
    away = (*_PATH[1:-1], _PATH[-1] ^ 1)
    elsewhere = compact(away, leaf=True)
    big: rlp.Item = [compact(away[1:], leaf=True), b"value"]
    empty: list[rlp.Item] = [b""] * 17
    deep: rlp.Item = []
    for _ in range(20):
        deep = [deep]
    nodes: dict[str, list[rlp.Item]] = {
        "a node of three items": [elsewhere, b"value", b"value"],
        "a node with a bad flag": [b"\x40" + elsewhere[1:], bytes(32)],
        "a node with a bad padding": [b"\x01" + elsewhere[1:], bytes(32)],
        "a node without a path": [b"", b"x" * 40],
        "a node whose path is a list": [[b"\x20"], b"x" * 40],
        "a leaf without value": [elsewhere, b""],
        "a leaf whose value is a list": [elsewhere, [b"value"]],
        "a leaf at another depth": [compact(away[2:], leaf=True), b"value"],
        "an extension that leads nowhere": [compact(away[:40], leaf=False), b""],
        "an extension as long as the key": [compact(away, leaf=False), bytes(32)],
        "a branch with a value": [*([b""] * 16), b"value" * 8],
        "a branch with a short reference": [*([b"\x01" * 31] * 16), b""],
        "a branch with a big node in it": [*([big] * 16), b""],
        "a small node that is hashed": empty,
        "a node of lists nested twenty deep": [*_at(_PATH[1] ^ 1, deep), b""],
    }
    for name, node in nodes.items():
        yield _refused(f"evidence: {name}", beside(node))
    last: list[rlp.Item] = [*_at(_PATH[1] ^ 1, bytes(32)), b""]
    first: list[rlp.Item] = [b"\x00", keccak256(rlp.encode(last))]
    yield _refused("evidence: an extension of no nibbles", beside(first, last))


def secure(slot: bytes) -> tuple[int, ...]:
    """A slot's way through the trie: 64 nibbles."""
    return tuple(nibbles(keccak256(slot)))


_SLOT = secure(anchored_slot(LAYOUT, LOG_ID, 11, root(logged())))
_PATH = secure(revoked_slot(LAYOUT, LOG_ID, 4))


def _at(nibble: int, item: rlp.Item) -> list[rlp.Item]:
    """A branch's sixteen children, of which one is there."""
    return [item if each == nibble else b"" for each in range(16)]


def beside(*nodes: list[rlp.Item]) -> Evidence:
    """A storage of the true anchor and, where the revocation bit would lie, these nodes, the upper first."""
    packed = rlp.encode(rlp.number(int(ANCHORED.timestamp()) | BLOCK << 64))
    anchor = rlp.encode([compact(_SLOT[1:], leaf=True), packed])
    below = [rlp.encode(node) for node in nodes]
    children = _at(_SLOT[0], keccak256(anchor))
    children[_PATH[0]] = keccak256(below[0])
    top = rlp.encode([*children, b""])
    account, header = _rooted(_evidence(), keccak256(top))
    return replace(
        _evidence(), header=header, account=account, storage=(top, anchor), revocation=(top, *below)
    )


def with_leaf(value: bytes) -> Evidence:
    """The registry's storage is the one slot, with this for its value."""
    slot = anchored_slot(LAYOUT, LOG_ID, 11, root(logged()))
    return _with_root([b"\x20" + keccak256(slot), value])


def _with_root(node: list[rlp.Item]) -> Evidence:
    """The registry's storage is this one node, and all above it is consistent with that."""
    found, raw = _evidence(), rlp.encode(node)
    account, header = _rooted(found, keccak256(raw))
    return replace(found, header=header, account=account, storage=(raw,), revocation=None)


def _rooted(found: Evidence, storage_root: bytes) -> tuple[tuple[bytes, ...], bytes]:
    """Account nodes and header after the storage root was replaced, every hash above it made anew."""
    leaf = rlp.decode(found.account[-1])
    account = rlp.decode(_bytes(leaf[1])) if isinstance(leaf, list) else b""
    old = account[2] if isinstance(account, list) else b""
    new, nodes = storage_root, list[bytes]()
    for node in reversed(found.account):
        nodes.insert(0, node.replace(_bytes(old), new))
        old, new = keccak256(node), keccak256(nodes[0])
    return tuple(nodes), found.header.replace(_bytes(old), new)


def _changed(header: bytes, change: Callable[[list[rlp.Item]], object]) -> bytes:
    fields = rlp.decode(header)
    if isinstance(fields, list):
        change(fields)
    return rlp.encode(fields)


def _other_block(found: Evidence, blocks: int, seconds: int) -> Evidence:
    def change(fields: list[rlp.Item]) -> None:
        fields[8] = rlp.number(rlp.integer(fields[8]) + blocks)
        fields[11] = rlp.number(rlp.integer(fields[11]) + seconds)

    return replace(found, block=found.block + blocks, header=_changed(found.header, change))


def _flip(node: bytes) -> bytes:
    return node[:-1] + bytes([node[-1] ^ 1])


def _bytes(item: rlp.Item) -> bytes:
    return item if isinstance(item, bytes) else b""


def _nested() -> bytes:
    raw = b"\xc0"
    while len(raw) < 2000:
        raw = _around(raw)
    return raw


def _around(raw: bytes) -> bytes:
    length = rlp.number(len(raw))
    return bytes([0xC0 + len(raw)]) + raw if len(raw) < 56 else bytes([0xF7 + len(length)]) + length + raw


def _shapes() -> Iterator[Vector]:
    body = final().to_object()
    anchor = body["anchors"][0]
    shown = anchor["evidence"]
    node = base64.b64encode(bytes(1025)).decode()
    for name, value in {
        "no header": {key: value for key, value in shown.items() if key != "header"},
        "an unknown field": shown | {"code": "AA=="},
        "a block in a string": shown | {"block": str(BLOCK)},
        "nodes that are no list": shown | {"account": "AA=="},
        "66 nodes": shown | {"account": ["AA=="] * 66},
        "a node of 1025 bytes": shown | {"storage": [node]},
        "a header of 4097 bytes": shown | {"header": base64.b64encode(bytes(4097)).decode()},
        "nodes that are no base64": shown | {"storage": ["*"]},
    }.items():
        changed = body | {"anchors": [anchor | {"evidence": value}]}
        yield refused(f"evidence: {name}", "proof_malformed", changed)
    for missing in ("block", "time"):
        less = {key: value for key, value in anchor.items() if key != missing}
        yield refused(
            f"evidence: of an anchor without {missing}", "proof_malformed", body | {"anchors": [less]}
        )
