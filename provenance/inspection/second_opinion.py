"""A second validator's view of the same file, beside ours: encypher-c2pa, where it is installed.

It judges the file's own manifest from the bytes and the sidecar alone, offline and with our trust lists, in a
child process of its own. What it does not look at (the ingredients' own validity, revocation beyond a stapled
answer that it accepts) is not compared.
"""

import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import provenance
from provenance.assets.asset import Asset
from provenance.assets.label import label as clean
from provenance.inspection.inspection import Credential, Inspection, Revocation
from provenance.inspection.sandbox import ReaderLimits
from provenance.inspection.second_reader import MAX_ANSWER_BYTES
from provenance.trust.lists import ListKind, TrustStore

TOOL = "encypher-c2pa"
MAX_BYTES = 128 * 1024 * 1024

_ROOT = str(Path(provenance.__file__).resolve().parent.parent)
_BOOT = (
    "import sys; sys.path.insert(0, sys.argv[1]);"
    "from provenance.inspection.second_reader import main;"
    "main(int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else None)"
)
# Our codes for what it reports as axes of its own. Informational codes share the prefixes.
_SIGNATURE = ("claimSignature.mismatch", "claimSignature.missing")
_SIGNER = (
    "signingCredential.untrusted",
    "signingCredential.invalid",
    "signingCredential.expired",
    "claimSignature.outsideValidity",
)
_CONTENT = ("assertion.", "claim.", "manifest.", "hashedURI.", *_SIGNATURE)
_HARMLESS = (".additionalExclusionsPresent", ".unknownProvenance")


class Agreement(StrEnum):
    """Whether the second validator sees what we see."""

    AGREES = "agrees"
    DIFFERS = "differs"
    UNAVAILABLE = "unavailable"
    CANNOT_READ = "cannot_read"


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """What `tool` says: `differences` has a sentence for each, `reason` says why it has no opinion."""

    tool: str
    version: str | None
    status: Agreement
    differences: tuple[str, ...] = ()
    reason: str = ""


def second_opinion(
    asset: Asset,
    ours: Inspection,
    trust: TrustStore,
    store: Path | None = None,
    limits: ReaderLimits | None = None,
) -> SecondOpinion:
    """The second validator's view of `asset`, with `store` beside it if that is what `ours` was read from.

    Never raises for what the file holds: a crash, a hang or an unsupported type is `cannot_read`. At most
    128 MiB are handed to it. OSError where a file cannot be opened.
    """
    try:
        version = importlib.metadata.version(TOOL)
    except importlib.metadata.PackageNotFoundError:
        return SecondOpinion(TOOL, None, Agreement.UNAVAILABLE, reason=f"{TOOL} is not installed.")
    if asset.size > MAX_BYTES or (store is not None and store.stat().st_size > MAX_BYTES):
        return SecondOpinion(
            TOOL, version, Agreement.CANNOT_READ, reason="The file is over 128 MiB, more than it takes."
        )
    if store is not None and asset.media_type == "text/plain":
        # It wants the binding of a manifest within the text (C2PA 2.4 appendix A.8) there, too.
        return SecondOpinion(
            TOOL, version, Agreement.CANNOT_READ, reason="It reads no text whose manifest lies beside it."
        )
    theirs = _asked(asset, trust, store, limits or ReaderLimits())
    if "error" in theirs:
        return SecondOpinion(TOOL, version, Agreement.CANNOT_READ, reason=_printable(theirs["error"]))
    found = tuple(_differences(ours, theirs))
    return SecondOpinion(TOOL, version, Agreement.DIFFERS if found else Agreement.AGREES, found)


def _asked(asset: Asset, trust: TrustStore, store: Path | None, limits: ReaderLimits) -> Mapping[str, Any]:
    wish = {
        "media_type": asset.media_type,
        "trust_pem": _pem(trust, ListKind.MANIFEST),
        "tsa_pem": _pem(trust, ListKind.TSA),
        "memory_bytes": limits.memory_bytes,
        "cpu_seconds": limits.cpu_seconds,
    }
    files = [os.open(path, os.O_RDONLY | os.O_CLOEXEC) for path in (asset.path, store) if path]
    try:
        # A file, not a pipe: its limit holds for a child that a hostile manifest has taken over, too.
        with tempfile.TemporaryFile() as answer:
            try:
                done = subprocess.run(
                    [sys.executable, "-I", "-c", _BOOT, _ROOT, *map(str, files)],
                    input=json.dumps(wish).encode(),
                    stdout=answer,
                    stderr=subprocess.DEVNULL,
                    pass_fds=files,
                    # It would note a preference in the home folder, and read others from the environment.
                    env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/dev/null"},
                    start_new_session=True,
                    cwd="/",
                    timeout=limits.wall_seconds,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                return {"error": "It took longer than allowed."}
            answer.seek(0)
            return _parsed(done.returncode, answer.read(MAX_ANSWER_BYTES))
    finally:
        for descriptor in files:
            os.close(descriptor)


def _parsed(exit_status: int, answer: bytes) -> Mapping[str, Any]:
    crashed = {"error": "It crashed on this file, or ran out of its limits."}
    try:
        found = json.loads(answer) if exit_status == 0 else crashed
    except ValueError:
        return crashed
    return found if isinstance(found, dict) else crashed


def _pem(trust: TrustStore, kind: ListKind) -> str:
    return "\n".join(anchor["trust_anchors"] for anchor in trust.anchors(kind))


def _differences(ours: Inspection, theirs: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each question that both answer and answer differently."""
    present = ours.credential is not Credential.NONE
    if present != bool(theirs["present"]):
        yield _said("there are content credentials", present)
        return
    if not present:
        return
    if ours.credential is Credential.UNCHECKED:
        yield f"We could not check the content credentials; {TOOL} could."
        return
    codes = (finding.code for finding in ours.findings if finding.depth == 0)
    own = {code for code in codes if not code.endswith(_HARMLESS)}
    if theirs["signature"] in ("valid", "invalid"):
        yield from _compared(
            "the signature holds", own.isdisjoint(_SIGNATURE), theirs["signature"] == "valid"
        )
    if theirs["binding"] in ("match", "mismatch"):
        bound = not any(code.startswith("assertion.") and "Hash.mis" in code for code in own)
        yield from _compared("the content is the one that was signed", bound, theirs["binding"] == "match")
    if theirs["integrity"] in ("valid", "invalid"):
        sound = not any(code.startswith(_CONTENT) for code in own) and "assay.malformedManifest" not in own
        failed = _printable(", ".join(map(str, theirs.get("failures") or ())))
        yield from _compared("the manifest is sound", sound, theirs["integrity"] == "valid", failed)
    if theirs["trust"] in ("valid_for_supplied_material", "not_valid_for_supplied_material"):
        trusted = theirs["trust"] == "valid_for_supplied_material"
        yield from _compared("the signer is trusted", own.isdisjoint(_SIGNER), trusted)
    if {theirs["revocation"], ours.revocation.value} == {"good", "revoked"}:
        yield _said("the signer is revoked", ours.revocation is Revocation.REVOKED)
    if ours.manifest_label and theirs["label"] and ours.manifest_label != theirs["label"]:
        yield f"We take another manifest for the active one: {TOOL} takes {_printable(theirs['label'])}."


def _compared(what: str, ours: bool, theirs: bool, codes: str = "") -> Iterator[str]:
    if ours != theirs:
        yield _said(what, ours) + (f" It reports {codes}." if codes and not theirs else "")


def _said(what: str, ours: bool) -> str:
    yes, no = ("We", TOOL) if ours else (TOOL, "we")
    return f"{yes} say{'' if ours else 's'} that {what}; {no} {'does' if ours else 'do'} not."


def _printable(text: object) -> str:
    """Their words, which may quote the file's, harmless on a page and a terminal."""
    return clean(str(text).replace("/", "∕"))
