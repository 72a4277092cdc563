"""The child process that parses strangers' files: no path, no environment, no network, little memory.

It is handed open files over a Unix socket and answers with JSON. One request at a time:

    → u32 length, JSON {"media_type", "has_store", "cpu_seconds"}, with the files' descriptors (SCM_RIGHTS)
    ← u32 length, JSON {"report": …} or {"error": code, "sentence": …}

The first message each way differs: settings (one or two sets) and limits in, {"sdk": version} out.
"""

import ctypes
import json
import mmap
import os
import resource
import socket
from contextlib import suppress
from typing import Any, BinaryIO

from provenance import sdk
from provenance.errors import ProvenanceError
from provenance.inspection import claim, extract
from provenance.inspection.wire import receive, send

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_NO_NEW_PRIVS = 38


def main(descriptor: int) -> None:
    """Serve requests on the inherited socket until the parent closes it."""
    with socket.socket(fileno=descriptor) as channel:
        opening, _ = receive(channel)
        _leave_the_network()
        _limit(int(opening["memory_bytes"]))
        try:
            readings = [sdk.context(settings) for settings in opening["settings"]]
            send(channel, {"sdk": sdk.check_version()})
        except ProvenanceError as error:
            send(channel, {"error": error.code, "sentence": str(error)})
            return
        with suppress(EOFError, ConnectionError):
            while True:
                request, files = receive(channel)
                send(channel, _answer(readings, request, files))


def _answer(readings: list[Any], request: dict[str, Any], descriptors: list[int]) -> dict[str, Any]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime) + 1
    resource.setrlimit(
        resource.RLIMIT_CPU, (spent + int(request["cpu_seconds"]), resource.getrlimit(resource.RLIMIT_CPU)[1])
    )
    files = [os.fdopen(descriptor, "rb") for descriptor in descriptors]
    try:
        store = files[1].read() if request["has_store"] else None
        return _inspect(readings, request["media_type"], files[0], store, int(request["max_report_bytes"]))
    finally:
        for file in files:
            file.close()


def _inspect(
    readings: list[Any], media_type: str, file: BinaryIO, store: bytes | None, max_report_bytes: int
) -> dict[str, Any]:
    c2pa = sdk.load()
    try:
        with c2pa.Reader(media_type, file, store, context=readings[0]) as reader:
            report, detail = reader.json(), reader.crjson()
        signers = report
        if len(readings) > 1:
            file.seek(0)
            with c2pa.Reader(media_type, file, store, context=readings[1]) as reader:
                signers = reader.json()
    except c2pa.C2paError as error:
        return {"error": _code(error), "sentence": str(error)[:500]}
    if len(report) + len(detail) > max_report_bytes:
        return {"error": "report_too_large", "sentence": "The credentials are too many to read."}
    conformance = json.loads(detail)
    return {
        "report": json.loads(report),
        "signers": json.loads(signers),
        "conformance": conformance,
        "identity": _identity(file, media_type, store, conformance),
    }


def _identity(
    file: BinaryIO, media_type: str, store: bytes | None, conformance: dict[str, Any]
) -> dict[str, Any] | None:
    """The digests of the store that the SDK validated: the candidate with its label and its assertions."""
    active = conformance["manifests"][0]
    validated = claim.validated_assertions(active.get("claim.v2") or active.get("claim") or {})
    if store is not None:
        found: Any = [store]
        return _matching(found, active["label"], validated)
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return _matching(extract.candidates(data, media_type), active["label"], validated)


def _matching(stores: Any, label: str, validated: frozenset[tuple[str, bytes]]) -> dict[str, Any] | None:
    for store in stores:
        with suppress(ProvenanceError):
            found = claim.identity(store)
            if found.label == label and found.assertions == validated:
                return {
                    "claim_sha256": found.claim_sha256,
                    "binding_sha256": found.binding_sha256,
                    "padding_bytes": found.padding_bytes,
                }
    return None


def _code(error: Exception) -> str:
    """The SDK's error kinds as ours; `none` is the ordinary answer that nothing is embedded."""
    text = str(error)
    if text.startswith(("ManifestNotFound", "ProvenanceMissing")) or "no JUMBF data" in text:
        return "none"
    if text.startswith("RemoteManifest") or "remote manifest" in text.lower():
        return "remote"
    if text.startswith("NotSupported"):
        return "unsupported"
    return "unreadable"


def _leave_the_network() -> None:
    """An empty network namespace where the kernel allows one; the SDK's settings forbid fetching anyway."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def _limit(memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
