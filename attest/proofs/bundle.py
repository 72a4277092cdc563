"""The self-contained proof, `NAME.assay.json`: all that shows one leaf in one log (docs/formats/proof.md)."""

import base64
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from attest.errors import ProofInvalid
from attest.log.leaf import MAX_LEAF_BYTES, Opening
from attest.log.note import MAX_NOTE_BYTES
from attest.proofs.anchor import BundleAnchor, anchor_json, parse_anchor
from attest.proofs.fields import Fields, load_object, malformed

FORMAT = "assay.proof/1"
MAX_BYTES = 16 * 1024 * 1024
MAX_STORE = 8 * 1024 * 1024
MAX_TITLE = 500
MAX_ANCHORS = 64
_MAX_PATH = 64
MAX_TIMESTAMPS = 8
MAX_TIMESTAMP = 64 * 1024
_MEDIA_TYPE = r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*"


__all__ = [
    "BundleAnchor",
    "Content",
    "ProofBundle",
    "ProofState",
    "Timestamp",
    "TimestampType",
    "printable_title",
]


class ProofState(StrEnum):
    """How far the attestation had come when the bundle was made."""

    PENDING = "pending"
    LOGGED = "logged"
    ANCHORED = "anchored"
    FINAL = "final"


class TimestampType(StrEnum):
    """Who stamped the checkpoint: an RFC 3161 authority, or OpenTimestamps' calendars."""

    RFC3161 = "rfc3161"
    OPENTIMESTAMPS = "opentimestamps"


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A second witness of time, over the SHA-256 of the checkpoint note's text (with its last newline).

    `data` is the DER TimeStampToken (RFC 3161) or the .ots file.
    """

    type: TimestampType
    data: bytes


@dataclass(frozen=True, slots=True)
class Content:
    """A label for people and programs; nothing vouches for it. `detached`: the credentials are in `store`."""

    media_type: str
    title: str | None = None
    detached: bool = False


@dataclass(frozen=True, slots=True)
class ProofBundle:
    """One proof. `inclusion` leads from `leaf` at `index` to the root of `checkpoint` (a signed note).

    `size` and `checkpoint` are None while `state` is pending. `origin` and `vkey` are what the bundle calls
    its log: pin the key to know whose log it is. `store` is the C2PA manifest store of a detached manifest,
    to which the leaf commits. `registrations` is the note by which the log's key says under which ids the
    log is registered (attest/proofs/registrations.py).
    Raises ProofInvalid (`proof_malformed`) where the parts contradict the state or exceed a bound.
    """

    state: ProofState
    leaf: bytes
    opening: Opening
    index: int
    origin: str
    vkey: str
    content: Content
    size: int | None = None
    inclusion: tuple[bytes, ...] = ()
    checkpoint: str | None = None
    anchors: tuple[BundleAnchor, ...] = ()
    store: bytes | None = None
    timestamps: tuple[Timestamp, ...] = ()
    registrations: str | None = None

    def __post_init__(self) -> None:
        """Hold the parts to the state."""
        logged = self.state is not ProofState.PENDING
        if logged != (self.checkpoint is not None) or logged != (self.size is not None):
            raise malformed("A proof has a checkpoint and its size, unless it is pending.")
        if not logged and (self.inclusion or self.anchors or self.timestamps):
            raise malformed("A pending proof has no inclusion proof, no anchor and no time stamp.")
        if (self.state in {ProofState.ANCHORED, ProofState.FINAL}) != bool(self.anchors):
            raise malformed("A proof has anchors exactly where its state says so.")
        if self.store is not None and len(self.store) > MAX_STORE:
            raise malformed(f"A manifest store in a proof has at most {MAX_STORE} bytes.")

    def to_json(self) -> str:
        """The bundle as indented JSON, ending with a newline; `parse` reads it back to an equal value."""
        return json.dumps(self.to_object(), indent=2, ensure_ascii=False) + "\n"

    def to_object(self) -> dict[str, Any]:
        """The bundle as the object that `to_json` writes."""
        body: dict[str, Any] = {
            "format": FORMAT,
            "state": self.state.value,
            "leaf": _b64(self.leaf),
            "opening": {
                "salt": _b64(self.opening.salt),
                "digests": dict(sorted(self.opening.digests.items())),
            },
            "index": self.index,
        }
        if self.checkpoint is not None:
            body |= {"size": self.size, "inclusion": [_b64(each) for each in self.inclusion]}
            body["checkpoint"] = self.checkpoint
        body["log"] = {"origin": self.origin, "vkey": self.vkey}
        if self.registrations is not None:
            body["log"]["registrations"] = self.registrations
        if self.anchors:
            body["anchors"] = [anchor_json(each) for each in self.anchors]
        if self.timestamps:
            body["timestamps"] = [_timestamp_json(each) for each in self.timestamps]
        content: dict[str, Any] = {"media_type": self.content.media_type, "detached": self.content.detached}
        if self.content.title is not None:
            content["title"] = self.content.title
        body["content"] = content
        if self.store is not None:
            body["store"] = _b64(self.store)
        return body

    @classmethod
    def parse(cls, data: bytes | str) -> "ProofBundle":
        """Read a bundle strictly; no field is ignored. Raises ProofInvalid (`proof_malformed`)."""
        try:
            raw = data.encode() if isinstance(data, str) else data
        except UnicodeEncodeError as error:
            raise malformed("The proof is not Unicode text.") from error
        fields = load_object(raw, MAX_BYTES)
        if fields.text("format", 40) != FORMAT:
            raise ProofInvalid(
                f"This proof is not in the format {FORMAT}; a newer Assay may read it.",
                code="proof_format_unknown",
            )
        state = fields.text("state", 10)
        if state not in set(ProofState):
            raise malformed("The proof has an unknown state.")
        return cls._parse(fields, ProofState(state))

    @classmethod
    def _parse(cls, fields: Fields, state: ProofState) -> "ProofBundle":
        log = fields.within("log")
        origin, vkey = log.text("origin", 200), log.text("vkey", 400)
        registrations = log.text("registrations", MAX_NOTE_BYTES) if log.has("registrations") else None
        log.skip("registrations")
        log.done()
        logged = state is not ProofState.PENDING
        bundle = cls(
            state=state,
            leaf=fields.binary("leaf", MAX_LEAF_BYTES),
            opening=_opening(fields.within("opening")),
            index=fields.integer("index"),
            origin=origin,
            vkey=vkey,
            content=_content(fields.within("content")),
            size=fields.integer("size") if logged else None,
            inclusion=fields.hashes("inclusion", _MAX_PATH) if logged else (),
            checkpoint=fields.text("checkpoint", MAX_NOTE_BYTES) if logged else None,
            anchors=tuple(parse_anchor(each) for each in fields.each("anchors", MAX_ANCHORS))
            if fields.has("anchors")
            else (),
            store=fields.binary("store", MAX_STORE) if fields.has("store") else None,
            timestamps=tuple(_timestamp(each) for each in fields.each("timestamps", MAX_TIMESTAMPS))
            if fields.has("timestamps")
            else (),
            registrations=registrations,
        )
        for optional in ("anchors", "store", "timestamps"):
            fields.skip(optional)
        fields.done()
        return bundle


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


# What the stamp itself is called in each type.
_STAMP = {TimestampType.RFC3161: "token", TimestampType.OPENTIMESTAMPS: "proof"}


def _timestamp_json(stamp: Timestamp) -> dict[str, str]:
    return {"type": stamp.type.value, _STAMP[stamp.type]: _b64(stamp.data)}


def _timestamp(fields: Fields) -> Timestamp:
    name = fields.text("type", 40)
    if name not in set(TimestampType):
        raise malformed("The proof has a time stamp of an unknown type.")
    found = TimestampType(name)
    data = fields.binary(_STAMP[found], MAX_TIMESTAMP)
    fields.done()
    return Timestamp(found, data)


def _opening(fields: Fields) -> Opening:
    salt, digests = fields.binary("salt", 32), fields.within("digests").strings(8, 64)
    fields.done()
    try:
        return Opening(salt, digests)
    except ValueError as error:
        raise malformed(f"The proof's opening is malformed: {error}.") from error


def _content(fields: Fields) -> Content:
    media_type, detached = fields.text("media_type", 127, _MEDIA_TYPE), fields.flag("detached")
    title = fields.text("title", MAX_TITLE) if fields.has("title") else None
    fields.skip("title")
    fields.done()
    # Terminals and pages print titles: no controls, no bidirectional overrides.
    if title is not None and not title.isprintable():
        raise malformed("The proof's title holds characters that cannot be printed.")
    return Content(media_type, title, detached)


def printable_title(title: str) -> str | None:
    """A title fit for a bundle: unprintable characters dropped, at most 500, None where nothing is left."""
    kept = "".join(character for character in title if character.isprintable())
    return kept[:MAX_TITLE].strip() or None
