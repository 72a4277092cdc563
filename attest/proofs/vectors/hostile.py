"""Vectors of proofs that must be refused: malformed, forged or taken from elsewhere."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from attest.log.checkpoint import Checkpoint
from attest.log.leaf import Kind, Leaf, Opening
from attest.proofs.bundle import ProofBundle
from attest.proofs.registrations import sign_registrations
from attest.proofs.vectors import hostile_chain
from attest.proofs.vectors.honest import PENDING
from attest.proofs.vectors.materials import (
    DIGESTS,
    ISSUED,
    KEY,
    LOG_ID,
    ORIGIN,
    SALT,
    STORE,
    STRANGER,
    WITNESS,
    anchor,
    anchored,
    cosigned,
    logged,
    root,
)
from attest.proofs.vectors.vector import Json, Vector, refused

MALFORMED = "proof_malformed"


def vectors() -> Iterator[Vector]:
    """All of them; names never change."""
    yield from _texts()
    yield from _shapes()
    yield from _values()
    yield from _leaves()
    yield from _trees()
    yield from _notes()
    yield from _witnesses()
    yield from _anchors()
    yield from hostile_chain.vectors()


def text(bundle: ProofBundle | None = None, **changes: Any) -> str:
    """A bundle as JSON text, with these names given other values."""
    return json.dumps((bundle or logged()).to_object() | changes)


def changed(bundle: ProofBundle, change: Callable[[Json], object]) -> Json:
    """A bundle's object after `change` had its way with it."""
    body = bundle.to_object()
    change(body)
    return body


def _texts() -> Iterator[Vector]:
    """What no JSON object can say: these are texts."""
    whole = text()
    tail = whole[1:]
    cases = {
        "nothing": "",
        "not JSON": "proof",
        "an array": f"[{whole}]",
        "null": "null",
        "bytes after the end": f"{whole}x",
        "a second object": f"{whole}{whole}",
        "cut in the middle": whole[: len(whole) // 2],
        "a name twice": f'{{"index": 4, {tail}',
        "a name twice, once escaped": f'{{"\\u0069ndex": 4, {tail}',
        "a name twice within": whole.replace('"origin"', f'"origin": "{ORIGIN}", "origin"'),
        "a trailing comma": f"{whole[:-1]}, }}",
        "a comment": f"/* */{whole}",
        "a byte order mark": f"\ufeff{whole}",
        "single quotes": whole.replace('"', "'"),
        "a float index": whole.replace('"index": 4', '"index": 4.0'),
        "an index with an exponent": whole.replace('"index": 4', '"index": 4e0'),
        "an index with a leading zero": whole.replace('"index": 4', '"index": 04'),
        "a negative index": whole.replace('"index": 4', '"index": -4'),
        "minus zero as index": text(logged(11, 0)).replace('"index": 0', '"index": -0.0'),
        "an index of 2^53": whole.replace('"index": 4', f'"index": {2**53}'),
        "an index of 2^64": whole.replace('"index": 4', f'"index": {2**64}'),
        "an index of 400 digits": whole.replace('"index": 4', f'"index": {"9" * 400}'),
        "an index of 6000 digits": whole.replace('"index": 4', f'"index": {"9" * 6000}'),
        "NaN": whole.replace('"index": 4', '"index": NaN'),
        "Infinity": whole.replace('"index": 4', '"index": Infinity'),
        "deep nesting": f'{{"format": {"[" * 5000}{"]" * 5000}, {tail}',
        "unfinished nesting": "[" * 5000,
        "a raw control character in a string": whole.replace("Ein Foto", "Ein\x01Foto"),
        "a lone surrogate in the title": whole.replace("Ein Foto", "Ein\\ud800Foto"),
        "a lone surrogate in the checkpoint": whole.replace(
            f'"checkpoint": "{ORIGIN}', '"checkpoint": "\\udc00'
        ),
        "an unknown escape": whole.replace("Ein Foto", "Ein\\x46oto"),
    }
    for name, case in cases.items():
        yield refused(f"text: {name}", MALFORMED, case)


def _shapes() -> Iterator[Vector]:
    """Fields that are missing, too many, or of another type."""
    base = logged()
    for name in (
        "format",
        "state",
        "leaf",
        "opening",
        "index",
        "size",
        "inclusion",
        "checkpoint",
        "log",
        "content",
    ):
        yield refused(f"shape: no {name}", MALFORMED, changed(base, lambda body, name=name: body.pop(name)))  # type: ignore[misc]
        yield refused(f"shape: {name} is null", MALFORMED, base.to_object() | {name: None})
        yield refused(f"shape: {name} is true", MALFORMED, base.to_object() | {name: True})
    pending = logged(**PENDING).to_object()
    yield refused("shape: pending with a size", MALFORMED, pending | {"size": 11})
    yield refused(
        "shape: pending with an anchor", MALFORMED, pending | {"anchors": anchored().to_object()["anchors"]}
    )
    yield refused("shape: anchored without anchors", MALFORMED, base.to_object() | {"state": "anchored"})
    yield refused(
        "shape: another format", "proof_format_unknown", base.to_object() | {"format": "assay.proof/2"}
    )


def _values() -> Iterator[Vector]:
    """Fields with values that the format does not have."""
    base = logged()
    values: dict[str, Json] = {
        "an unknown field": {"extra": 1},
        "an unknown state": {"state": "proven"},
        "an index in a string": {"index": "4"},
        "an inclusion hash of 31 bytes": {"inclusion": [_b64(bytes(31))]},
        "an inclusion hash of 33 bytes": {"inclusion": [_b64(bytes(33))]},
        "an inclusion path of 65 nodes": {"inclusion": [_b64(bytes(32))] * 65},
        "an inclusion path of numbers": {"inclusion": [1]},
        "base64 without padding": {"inclusion": [_b64(bytes(32)).rstrip("=")]},
        "base64 for addresses": {"leaf": _b64(b"\xff\xfe\xfd").replace("/", "_").replace("+", "-")},
        "base64 with a space": {"leaf": f" {_b64(base.leaf)}"},
        "base64 with a newline": {"leaf": f"{_b64(base.leaf)}\n"},
        "base64 with bits left over": {"inclusion": [_b64(bytes(32))[:-2] + "B="]},
        "a leaf of 4097 bytes": {"leaf": _b64(bytes(4097))},
        "a salt of 31 bytes": {"opening": {"salt": _b64(SALT[1:]), "digests": DIGESTS}},
        "no digests": {"opening": {"salt": _b64(SALT), "digests": {}}},
        "a digest in capitals": {
            "opening": {"salt": _b64(SALT), "digests": {"file": DIGESTS["file"].upper()}}
        },
        "a digest of an unknown role": {"opening": {"salt": _b64(SALT), "digests": {"thumb": "0" * 64}}},
        "a media type with a newline": {"content": {"media_type": "image/jpeg\n", "detached": False}},
        "a title that turns the text around": {
            "content": base.to_object()["content"] | {"title": "a\u202egpj"}
        },
        "detached is a number": {"content": {"media_type": "image/jpeg", "detached": 0}},
        "an unknown field of the log": {"log": base.to_object()["log"] | {"key": "x"}},
        "anchors while it is logged": {"anchors": [anchored().to_object()["anchors"][0]]},
        "a time stamp of an unknown type": {"timestamps": [{"type": "rfc9999", "token": "AA=="}]},
        "a time stamp under another name": {"timestamps": [{"type": "rfc3161", "proof": "AA=="}]},
        "nine time stamps": {"timestamps": [{"type": "rfc3161", "token": "AA=="}] * 9},
        "a time stamp of 64 KiB and a byte": {
            "timestamps": [{"type": "rfc3161", "token": _b64(bytes(65537))}]
        },
    }
    for name, value in values.items():
        yield refused(f"shape: {name}", MALFORMED, base.to_object() | value)


def _leaves() -> Iterator[Vector]:
    base = logged()
    for name, raw in {
        "a space at the end": base.leaf + b" ",
        "names in another order": json.dumps(dict(reversed(json.loads(base.leaf).items()))).encode(),
        "spaces after colons": base.leaf.replace(b":", b": "),
        "an escaped letter": base.leaf.replace(b"human", b"\\u0068uman"),
        "a name twice": base.leaf.replace(b'{"commitments"', b'{"version":1,"commitments"'),
        "version 2": base.leaf.replace(b'"version":1', b'"version":2'),
        "version 1.0": base.leaf.replace(b'"version":1', b'"version":1.0'),
        "version true": base.leaf.replace(b'"version":1', b'"version":true'),
        "a time with a fraction": base.leaf.replace(b"07:30:00Z", b"07:30:00.0Z"),
        "a time that never was": base.leaf.replace(b"2026-11-23", b"2026-02-30"),
        "a commitment of null": _null_commitment(base.leaf),
        "a commitment of another role": base.leaf.replace(b'"asset"', b'"thumb"'),
        "a source type in capitals": base.leaf.replace(b'"human"', b'"Human"'),
        "a leaf of two documents": base.leaf + base.leaf,
        "no JSON": b"leaf",
        "no object": b"[]",
        "nothing": b"",
    }.items():
        yield refused(f"leaf: {name}", "leaf_malformed", replace(base, leaf=raw))
    revocation = Leaf(Kind.REVOCATION, ISSUED, target_index=0, target_hash="0" * 64, reason="r")
    yield refused("leaf: a revocation", MALFORMED, replace(base, leaf=revocation.encode()))
    yield refused("leaf: another salt", "leaf_not_opened", replace(base, opening=Opening(bytes(32), DIGESTS)))
    swapped = DIGESTS | {"file": DIGESTS["asset"], "asset": DIGESTS["file"]}
    yield refused("leaf: digests swapped", "leaf_not_opened", replace(base, opening=Opening(SALT, swapped)))
    forged = DIGESTS | {"file": "1" * 64}
    opening = Opening(SALT, forged)
    mine = {"file": "1" * 64, "asset": "1" * 64}
    yield refused(
        "leaf: another file's digest", "leaf_not_opened", replace(base, opening=opening), digests=mine
    )
    yield refused(
        "leaf: another file", "proof_wrong_file", base, digests={"file": "0" * 64, "asset": "0" * 64}
    )
    yield refused("leaf: no digest", "proof_wrong_file", base, digests={})
    yield refused("leaf: the claim alone", "proof_wrong_file", base, digests={"claim": DIGESTS["claim"]})
    yield refused("leaf: another sidecar", "store_mismatch", replace(base, store=b"other"))
    closed = Opening(SALT, {"file": DIGESTS["file"]})
    yield refused(
        "leaf: a sidecar without commitment", "store_mismatch", replace(base, opening=closed, store=STORE)
    )


def _trees() -> Iterator[Vector]:
    base, code = logged(), "inclusion_invalid"
    yield refused("tree: another index", code, replace(base, index=5))
    yield refused("tree: an index past the end", code, replace(base, index=11))
    yield refused("tree: the largest index", code, replace(base, index=2**53 - 1))
    yield refused("tree: another size", code, replace(base, size=12))
    yield refused("tree: size 0", code, replace(base, size=0))
    yield refused("tree: path cut at the leaf", code, replace(base, inclusion=base.inclusion[1:]))
    yield refused("tree: path cut at the root", code, replace(base, inclusion=base.inclusion[:-1]))
    yield refused("tree: no path", code, replace(base, inclusion=()))
    yield refused("tree: path too long", code, replace(base, inclusion=(*base.inclusion, bytes(32))))
    yield refused("tree: a path of 64 nodes", code, replace(base, inclusion=(bytes(32),) * 64))
    yield refused("tree: path backwards", code, replace(base, inclusion=base.inclusion[::-1]))
    yield refused("tree: path of another leaf", code, replace(base, inclusion=logged(11, 5).inclusion))
    yield refused(
        "tree: checkpoint of another tree", code, replace(base, checkpoint=logged(11, 5).checkpoint)
    )
    empty = Checkpoint(ORIGIN, 0, bytes(32)).signed(KEY)
    yield refused("tree: an empty log", code, replace(base, checkpoint=empty, size=0, index=0, inclusion=()))
    single = replace(logged(1, 0), inclusion=(bytes(32),))
    yield refused("tree: a path in a log of one leaf", code, single)


def _notes() -> Iterator[Vector]:
    base = logged()
    note, signature = str(base.checkpoint), "checkpoint_signature_invalid"
    body, _, line = note.partition("\n\n")
    key = "log_key_mismatch"
    yield refused("note: signed by another key", signature, replace(base, checkpoint=_by(base)))
    yield refused("note: another key in the proof", key, replace(base, vkey=str(STRANGER.vkey)))
    stranger = replace(base, vkey=str(STRANGER.vkey), checkpoint=_by(base))
    yield refused("note: another log, key pinned", key, stranger)
    yield refused(
        "note: another key in the proof, none pinned",
        signature,
        replace(base, vkey=str(STRANGER.vkey)),
        log_key=None,
    )
    yield refused("note: another origin in the proof", key, replace(base, origin="other.example.org"))
    yield refused("note: pinned key malformed", "log_key_malformed", base, log_key="nonsense")
    yield refused(
        "note: the proof's key malformed", "log_key_malformed", replace(base, vkey="nonsense"), log_key=None
    )
    twisted = str(KEY.vkey).replace("+8", "+9", 1)
    yield refused("note: a key hash that does not fit", "log_key_malformed", replace(base, vkey=twisted))
    witness = str(WITNESS.vkey)
    yield refused("note: a witness's key as the log's", "log_key_malformed", replace(base, vkey=witness))
    for name, bad in {
        "CRLF": note.replace("\n", "\r\n"),
        "no signature": f"{body}\n\n",
        "no last newline": note[:-1],
        "no empty line": note.replace("\n\n", "\n"),
        "a hyphen for the dash": note.replace("— ", "- "),
        "a signature that is no base64": f"{body}\n\n— {ORIGIN} ????\n",
        "a signature of four bytes": f"{body}\n\n— {ORIGIN} {_b64(bytes(4))}\n",
        "a tab": note.replace("\n11\n", "\n11\t\n"),
        "signed twice by one key": note + line,
    }.items():
        yield refused(f"note: {name}", "note_malformed", replace(base, checkpoint=bad))
    for name, text_ in {
        "a size with a leading zero": f"{ORIGIN}\n011\n{_b64(root(base))}\n",
        "a size that is no number": f"{ORIGIN}\neleven\n{_b64(root(base))}\n",
        "a root of 31 bytes": f"{ORIGIN}\n11\n{_b64(bytes(31))}\n",
        "no root": f"{ORIGIN}\n11\n",
        "an empty extension line": f"{ORIGIN}\n11\n{_b64(root(base))}\n\nx\n",
    }.items():
        yield refused(f"note: {name}", "checkpoint_malformed", replace(base, checkpoint=str(KEY.sign(text_))))
    flipped = note.replace("\n11\n", "\n12\n")
    yield refused("note: the size changed", signature, replace(base, checkpoint=flipped, size=12))


def _witnesses() -> Iterator[Vector]:
    code = "witness_signature_invalid"
    known = {"witnesses": (str(WITNESS.vkey),)}
    good = cosigned(logged(), [WITNESS])
    other = str(cosigned(logged(12, 4), [WITNESS]).checkpoint).rsplit("— ", 1)[1]
    moved = replace(good, checkpoint=f"{logged().checkpoint}— {other}")
    yield refused("witness: cosignature of another tree", code, moved, **known)
    head, _, line = str(good.checkpoint).rpartition(" ")
    raw = bytearray(base64.b64decode(line))
    for name, at in {"another time": 11, "a flipped bit": 40}.items():
        twisted = bytearray(raw)
        twisted[at] ^= 1
        forged = replace(good, checkpoint=f"{head} {_b64(bytes(twisted))}\n")
        yield refused(f"witness: {name}", code, forged, **known)
    short = replace(good, checkpoint=f"{head} {_b64(bytes(raw[:-1]))}\n")
    yield refused("witness: a cosignature cut short", code, short, **known)
    yield refused("witness: key malformed", "witness_key_malformed", good, witnesses=("nonsense",))
    yield refused(
        "witness: the log's key as a witness", "witness_key_malformed", good, witnesses=(str(KEY.vkey),)
    )


def _anchors() -> Iterator[Vector]:
    base = anchored()

    def placed(**changes: Any) -> ProofBundle:
        return anchored(anchors=(anchor(logged(), **changes),))

    yield refused("anchor: of another size", "anchor_mismatch", placed(size=12))
    yield refused("anchor: of another root", "anchor_mismatch", placed(root=bytes(32)))
    yield refused("anchor: under another id", "log_id_mismatch", base, log_ids=("0x" + "ab" * 32,))
    yield refused("anchor: of another owner", "log_id_mismatch", base, log_ids=("0x" + "ab" * 20,))
    yield refused("anchor: pinned id malformed", "log_id_malformed", base, log_ids=("0x12",))
    yield refused("anchor: pinned hash malformed", "block_hash_malformed", base, block_hashes=("1:0x12",))
    yield refused(
        "anchor: pinned hash without chain", "block_hash_malformed", base, block_hashes=("0x" + "1" * 64,)
    )
    log_id = "0x" + LOG_ID.hex()
    foreign = sign_registrations(STRANGER, [log_id])
    code = "registrations_invalid"
    yield refused("anchor: a stranger vouches for its id", code, anchored(registrations=foreign))
    yield refused("anchor: a checkpoint as registrations", code, anchored(registrations=logged().checkpoint))
    for name, lines in {
        "registrations of no id": ("assay.registrations/1",),
        "registrations of another version": ("assay.registrations/2", log_id),
        "registrations out of order": ("assay.registrations/1", "0x" + "ff" * 32, "0x" + "11" * 32),
        "registrations of an id in capitals": ("assay.registrations/1", "0x" + "AB" * 32),
    }.items():
        note = str(KEY.sign("".join(f"{line}\n" for line in (ORIGIN, *lines))))
        yield refused(f"anchor: {name}", code, anchored(registrations=note))
    body = base.to_object()["anchors"][0]
    for name, value in {
        "a registry of 19 bytes": {"registry": "0x" + "ab" * 19},
        "a log id in capitals": {"log_id": "0x" + "AB" * 32},
        "a time that never was": {"time": "2026-02-30T00:00:00Z"},
        "a time zone": {"time": "2026-11-23T07:31:00+00:00"},
        "a chain id in a string": {"chain_id": "1"},
        "an unknown field": {"trust": "public"},
    }.items():
        yield refused(f"anchor: {name}", MALFORMED, base.to_object() | {"anchors": [body | value]})
    many = base.to_object() | {"anchors": [body] * 65}
    yield refused("anchor: 65 of them", MALFORMED, many)


def _null_commitment(leaf: bytes) -> bytes:
    body = json.loads(leaf)
    body["commitments"]["store"] = None
    return json.dumps(body, separators=(",", ":")).encode()


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _by(bundle: ProofBundle) -> str:
    return Checkpoint(ORIGIN, bundle.size or 0, root(bundle)).signed(STRANGER)
