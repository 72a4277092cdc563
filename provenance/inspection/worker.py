"""The child process that parses strangers' files: no path, no environment, no network, little memory.

It is handed open files over a Unix socket and answers with JSON. One request at a time:

    → {"media_type", "store", "cpu_seconds", "max_report_bytes"}, with the files' descriptors (SCM_RIGHTS);
      `store` is "none", "file" (a second descriptor) or "attached"
    ← {"identity", "facts", "report_bytes"}, the SDK's report attached as it printed it and, where a second
      reading was needed, that one's behind it; or {"error": code, "sentence": …, "url"?}

The first message each way differs: settings (one or two sets), the URIs of `other_lists`, which do not vouch
for signers, and limits in; {"sdk": version} out.
"""

import io
import json
import mmap
import os
import re
import resource
import socket
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any

from provenance import sdk
from provenance.errors import ProvenanceError
from provenance.inspection import claim, confinement, extract, signature_facts
from provenance.inspection.wire import receive, send

_SMALL_BYTES = 4 * 1024 * 1024
_TRUSTED = '"signingCredential.trusted"'
_TAKEN = "trusted, found in ["
_REMOTE_URL = re.compile(r"remote manifests? from url (\S{1,2048})")


@dataclass(frozen=True, slots=True)
class _Readings:
    """The SDK contexts: with every list, and (perhaps) with the lists that vouch for signers alone."""

    every: Any
    signers: Any
    other_lists: tuple[str, ...]

    def doubtful(self, report: str) -> bool:
        """Whether a signer may be trusted only through a list that vouches for something else.

        The SDK lets an anchor of any kind vouch for a signer, and names the list it took.
        """
        if self.signers is None or _TRUSTED not in report:
            return False
        return _TAKEN not in report or any(
            f"{_TAKEN}{uri}]" in report or f'"trustListUri": "{uri}"' in report for uri in self.other_lists
        )


def main(descriptor: int) -> None:
    """Serve requests on the inherited socket until the parent closes it."""
    with socket.socket(fileno=descriptor) as channel:
        opening, _, _ = receive(channel)
        confinement.leave_the_network()
        confinement.limit(int(opening["memory_bytes"]))
        try:
            contexts = [sdk.context(settings) for settings in opening["settings"]]
            send(channel, {"sdk": sdk.check_version()})
        except ProvenanceError as error:
            send(channel, {"error": error.code, "sentence": str(error)})
            return
        readings = _Readings(
            contexts[0], contexts[1] if len(contexts) > 1 else None, tuple(opening["other_lists"])
        )
        with suppress(EOFError, ConnectionError):
            while True:
                request, files, attached = receive(channel)
                message, reports = _answer(readings, request, files, attached)
                send(channel, message, attached=reports)


def _answer(
    readings: _Readings, request: dict[str, Any], descriptors: list[int], attached: bytes
) -> tuple[dict[str, Any], bytes]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime) + 1
    resource.setrlimit(
        resource.RLIMIT_CPU, (spent + int(request["cpu_seconds"]), resource.getrlimit(resource.RLIMIT_CPU)[1])
    )
    with ExitStack() as files:
        opened = [files.enter_context(os.fdopen(one, "rb", buffering=0)) for one in descriptors]
        data: Any = opened[0]
        if os.fstat(data.fileno()).st_size <= _SMALL_BYTES:
            # The SDK reads and seeks dozens of times, each time through Python.
            data = io.BytesIO(data.readall())
        stores = {"none": None, "attached": attached}
        kind = request["store"]
        store = opened[1].readall() if kind == "file" else stores[kind]
        return _inspect(readings, request["media_type"], data, store, int(request["max_report_bytes"]))


def _inspect(
    readings: _Readings, media_type: str, data: Any, store: bytes | None, max_report_bytes: int
) -> tuple[dict[str, Any], bytes]:
    c2pa = sdk.load()
    signers = ""
    try:
        with c2pa.Reader(media_type, data, store, context=readings.every) as reader:
            report, detail = reader.json(), reader.crjson()
        if readings.doubtful(report):
            data.seek(0)
            with c2pa.Reader(media_type, data, store, context=readings.signers) as reader:
                signers = reader.json()
    except c2pa.C2paError as error:
        return _failed(error), b""
    if len(report) + len(detail) > max_report_bytes:
        return {"error": "report_too_large", "sentence": "The credentials are too many to read."}, b""
    text = report.encode()
    message = {"report_bytes": len(text), **_identity(data, media_type, store, json.loads(detail))}
    return message, text + signers.encode()


def _identity(data: Any, media_type: str, store: bytes | None, conformance: dict[str, Any]) -> dict[str, Any]:
    """The digests and the signatures' facts of the store that the SDK validated: the candidate with its
    label and its assertions."""
    active = conformance["manifests"][0]
    validated = claim.validated_assertions(active.get("claim.v2") or active.get("claim") or {})
    label = active["label"]
    if store is not None:
        return _matching([store], label, validated)
    if isinstance(data, io.BytesIO):
        return _matching(extract.candidates(data.getvalue(), media_type), label, validated)
    with mmap.mmap(data.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        return _matching(extract.candidates(mapped, media_type), label, validated)


def _matching(stores: Iterable[bytes], label: str, validated: frozenset[tuple[str, bytes]]) -> dict[str, Any]:
    for store in stores:
        with suppress(ProvenanceError):
            manifests = claim.opened(store)
            found = claim.identity_of(manifests)
            if found.label == label and found.assertions == validated:
                return {
                    "identity": {
                        "claim_sha256": found.claim_sha256,
                        "binding_sha256": found.binding_sha256,
                        "padding_bytes": found.padding_bytes,
                        "padding_hex": found.padding.hex(),
                    },
                    "facts": signature_facts.collect(manifests),
                }
    return {"identity": None, "facts": []}


def _failed(error: Exception) -> dict[str, Any]:
    text = str(error)
    answer = {"error": _code(error), "sentence": text[:500]}
    named = _REMOTE_URL.search(text)
    return answer | ({"url": named.group(1)} if named else {})


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
