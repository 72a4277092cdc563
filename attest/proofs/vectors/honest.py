"""Vectors of proofs that hold, with more and less known to the verifier."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from attest.proofs import rlp
from attest.proofs.bundle import ProofState, Timestamp, TimestampType
from attest.proofs.registrations import sign_registrations
from attest.proofs.trie import keccak256
from attest.proofs.vectors.hostile_chain import beside, with_leaf
from attest.proofs.vectors.materials import (
    ANCHORED,
    BLOCK,
    CHAIN,
    DIGESTS,
    ISSUED,
    KEY,
    LOG_ID,
    OWNER,
    SECOND,
    STORE,
    STRANGER,
    WITNESS,
    anchor,
    anchored,
    attestation,
    block_of,
    cosigned,
    final,
    logged,
)
from attest.proofs.vectors.state import compact
from attest.proofs.vectors.vector import Vector, refused

PENDING: dict[str, Any] = {"state": ProofState.PENDING, "size": None, "inclusion": (), "checkpoint": None}
UNCHECKED = ("anchor_unchecked", "log_id_unbound")


def pin(later: int = 0, revoked: tuple[int, ...] = (), chain: int = CHAIN) -> tuple[str, ...]:
    """The hash of the block that shows the usual bundle's anchor."""
    return (f"{chain}:{block_of(logged(), later=later, revoked=revoked).block_hash}",)


def vectors() -> Iterator[Vector]:
    """All of them; names never change."""
    yield from _logged()
    yield from _anchored()
    yield from _shown()
    yield from _revoked()
    yield from _witnessed()


def _logged() -> Iterator[Vector]:
    yield refused("pending", "proof_pending", logged(**PENDING))
    yield Vector("logged", logged(), ("not_anchored",))
    yield Vector("logged, key not pinned", logged(), ("log_key_not_pinned", "not_anchored"), log_key=None)
    yield Vector("the uploaded bytes", logged(), ("not_anchored",), digests={"asset": DIGESTS["asset"]})
    variant = {"file": "0" * 64, "claim": DIGESTS["claim"], "binding": DIGESTS["binding"]}
    yield Vector("a variant by claim and binding", logged(), ("not_anchored",), digests=variant)
    yield Vector("with its sidecar", logged(store=STORE), ("not_anchored",))
    for size, index in ((1, 0), (2, 1), (7, 6), (8, 0), (8, 7), (255, 254), (256, 128), (257, 256)):
        yield Vector(f"leaf {index} of {size}", logged(size, index), ("not_anchored",))


def _anchored() -> Iterator[Vector]:
    yield Vector("anchored, nobody asked", anchored(), UNCHECKED)
    bare = anchor(logged(), transaction=None, block=None, time=None)
    yield Vector("anchored, transaction unknown", anchored(anchors=(bare,)), UNCHECKED)
    local = anchor(logged(), chain_id=31337)
    yield Vector("anchored on two chains", anchored(anchors=(anchor(logged()), local)), UNCHECKED)
    log_id = "0x" + LOG_ID.hex()
    signed = sign_registrations(KEY, [log_id])
    yield Vector("its log id is vouched for", anchored(registrations=signed), ("anchor_unchecked",))
    yield Vector("its log id is pinned", anchored(), ("anchor_unchecked",), log_ids=(log_id,))
    owner = ("0x" + OWNER.hex(),)
    yield Vector("its log's owner is pinned", anchored(), ("anchor_unchecked",), log_ids=owner)
    other = sign_registrations(KEY, ["0x" + "ab" * 32, "0x" + "cd" * 32])
    yield Vector("its log's key vouches for other ids", anchored(registrations=other), UNCHECKED)


def _shown() -> Iterator[Vector]:
    yield Vector("evidence, nothing pinned", final(), ("block_not_pinned",))
    yield Vector("evidence, block pinned", final(), block_hashes=pin())
    yield Vector("evidence, the pin in capitals", final(), block_hashes=(_shouted(pin()[0]),))
    yield Vector("evidence, another block pinned", final(), ("block_not_pinned",), block_hashes=pin(later=9))
    yield Vector(
        "evidence, the hash pinned for another chain",
        final(),
        ("block_not_pinned",),
        block_hashes=pin(chain=5),
    )
    yield Vector("evidence from a later block", final(later=7200), block_hashes=pin(later=7200))
    silent = final(revocation=False)
    yield Vector(
        "evidence that is silent on revocation", silent, ("revocation_unchecked",), block_hashes=pin()
    )
    unbound = final(registrations=None)
    yield Vector("evidence, log id unbound", unbound, ("log_id_unbound",), block_hashes=pin())
    local = final(anchor_changes={"chain_id": 31337})
    yield Vector("evidence of a local chain", local, ("local_chain",), block_hashes=pin(chain=31337))
    both = final()
    both = replace(both, anchors=(*both.anchors, anchor(logged(), chain_id=10)))
    yield Vector("one anchor shown, one not", both, ("anchor_unchecked",), block_hashes=pin())
    # The control of the hostile ones that hold but one slot.
    packed = int(ANCHORED.timestamp()) | BLOCK << 64
    lone = with_leaf(rlp.encode(rlp.number(packed)))
    pinned = (f"{CHAIN}:0x{keccak256(lone.header).hex()}",)
    yield Vector(
        "evidence, the registry holds one slot",
        final(anchor_changes={"evidence": lone}),
        ("revocation_unchecked",),
        block_hashes=pinned,
    )
    # And of those that hide the bit: here it truly is not there.
    elsewhere = compact((0,) * 63, leaf=True)
    clear = beside([elsewhere, b"value"])
    pinned = (f"{CHAIN}:0x{keccak256(clear.header).hex()}",)
    yield Vector(
        "evidence, another slot where the bit would lie",
        final(anchor_changes={"evidence": clear}),
        block_hashes=pinned,
    )
    late, _ = attestation(ISSUED + timedelta(hours=1))
    bundle = logged(leaf=late)
    pinned = (f"{CHAIN}:{block_of(bundle).block_hash}",)
    yield Vector("issued after its own anchor", final(bundle), ("issued_after_anchor",), block_hashes=pinned)


def _revoked() -> Iterator[Vector]:
    gone = final(block=block_of(logged(), revoked=(4,)))
    yield Vector("revoked, block pinned", gone, result="revoked", block_hashes=pin(revoked=(4,)))
    yield Vector("revoked, nothing pinned", gone, ("block_not_pinned",), result="revoked")
    others = final(block=block_of(logged(), revoked=(3, 5, 260)))
    yield Vector("others of the same word revoked", others, block_hashes=pin(revoked=(3, 5, 260)))
    far = logged(300, 260)
    block = block_of(far, revoked=(260,))
    hashes = (f"{CHAIN}:{block.block_hash}",)
    yield Vector("revoked in the second word", final(far, block=block), result="revoked", block_hashes=hashes)
    block = block_of(far, revoked=(4,))
    hashes = (f"{CHAIN}:{block.block_hash}",)
    yield Vector("its bit in another word revoked", final(far, block=block), block_hashes=hashes)


def _witnessed() -> Iterator[Vector]:
    one, other = str(WITNESS.vkey), str(SECOND.vkey)
    bundle = cosigned(logged(), [WITNESS])
    there = ("not_anchored",)
    yield Vector("witness pinned", bundle, there, witnesses=(one,))
    yield Vector("witness not pinned", bundle, there)
    yield Vector("two witnesses", cosigned(logged(), [WITNESS, SECOND]), there, witnesses=(one, other))
    yield Vector("one of two witnesses missing", bundle, (*there, "witness_missing"), witnesses=(one, other))
    broken = replace(bundle, checkpoint=f"{bundle.checkpoint}".replace("— witness.", "— mitness."))
    yield Vector("a stranger's line is passed over", broken, there)
    stamps = (
        Timestamp(TimestampType.RFC3161, b"\x30\x00"),
        Timestamp(TimestampType.OPENTIMESTAMPS, b"\x00OpenTimestamps"),
    )
    stamped = logged(timestamps=stamps)
    yield Vector("time stamps", stamped, (*there, "timestamp_unchecked"))
    signed = logged()
    extra = str(STRANGER.sign(str(signed.checkpoint).split("\n\n", maxsplit=1)[0] + "\n"))
    line = extra.split("\n\n", maxsplit=1)[1]
    twice = replace(signed, checkpoint=f"{signed.checkpoint}{line}")
    yield Vector("signed by another key of that name too", twice, there)


def _shouted(text: str) -> str:
    chain, _, digest = text.partition(":0x")
    return f"{chain}:0x{digest.upper()}"
