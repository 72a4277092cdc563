"""The child process that parses strangers' files: no path, no environment, no network, little memory.

It is handed open files over a Unix socket and answers with JSON. One request at a time:

    → {"media_type", "store", "cpu_seconds", "max_report_bytes"}, with the files' descriptors (SCM_RIGHTS);
      `store` is "none", "file" (a second descriptor) or "attached"
    ← {"identity", "facts", "report_bytes", "trust"?, "text_bound"?}, the SDK's report attached and, where
      a second reading was needed, that one's behind it; or {"error": code, "sentence": …, "url"?}

The first message each way differs: settings (with every list; without asking for trust; and where some
lists do not vouch for signers, without those), the URIs of those `other_lists`, and limits in;
{"sdk": version} out.
"""

import gc
import io
import json
import os
import re
import socket
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any

from provenance import sdk
from provenance.assets.sandbox import confinement
from provenance.assets.sandbox.wire import receive, send
from provenance.errors import ProvenanceError
from provenance.inspection import extract, in_text
from provenance.inspection.candidate import Candidate, search
from provenance.inspection.trust_memory import TrustMemory, plain

_TEXT, _OPAQUE = "text/plain", "application/octet-stream"
_SMALL_BYTES = 4 * 1024 * 1024
_TRUSTED = '"signingCredential.trusted"'
_SIGNED = '"claimSignature.validated"'
_TAKEN = "trusted, found in ["
_REMOTE_URL = re.compile(r"remote manifests? from url (\S{1,2048})")


@dataclass(frozen=True, slots=True)
class _Readings:
    """The SDK contexts: with every list, with the lists that vouch for signers alone (None where all do), and
    with none, for signers whose trust was asked a moment ago."""

    every: Any
    signers: Any
    trustless: Any
    other_lists: tuple[str, ...]
    memory: TrustMemory

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
            contexts[0],
            contexts[2] if len(contexts) > 2 else None,
            contexts[1],
            tuple(opening["other_lists"]),
            TrustMemory(),
        )
        # What is loaded stays; only what a file leaves behind is worth looking through.
        gc.freeze()
        with suppress(EOFError, ConnectionError):
            while True:
                request, files, attached = receive(channel)
                message, reports = _answer(readings, request, files, attached)
                send(channel, message, attached=reports)


def _answer(
    readings: _Readings, request: dict[str, Any], descriptors: list[int], attached: bytes
) -> tuple[dict[str, Any], bytes]:
    confinement.allow_processor_time(int(request["cpu_seconds"]))
    with ExitStack() as files:
        opened = [files.enter_context(os.fdopen(one, "rb", buffering=0)) for one in descriptors]
        data: Any = opened[0]
        if os.fstat(data.fileno()).st_size <= _SMALL_BYTES:
            # The SDK reads and seeks dozens of times, each time through Python.
            data = io.BytesIO(data.readall())
        stores = {"none": None, "attached": attached}
        kind = request["store"]
        store = opened[1].readall() if kind == "file" else stores[kind]
        inspected = _in_text if store is None and request["media_type"] == _TEXT else _inspect
        return inspected(readings, request["media_type"], data, store, int(request["max_report_bytes"]))


def _in_text(
    readings: _Readings, media_type: str, data: Any, store: bytes | None, max_report_bytes: int
) -> tuple[dict[str, Any], bytes]:
    """A text with its credentials inside (C2PA 2.4 appendix A.8): whether the text is the one that they
    bind is our own answer, all the rest the SDK's."""
    text = data.read()
    try:
        found = in_text.find(text)
        bound = found is not None and in_text.is_bound(found, text)
    except in_text.MalformedWrapper as error:
        return {"error": "malformed", "sentence": str(error), "status": error.status}, b""
    except ProvenanceError as error:
        return {"error": "unreadable", "sentence": str(error)}, b""
    if found is None:
        return {"error": "none", "sentence": "The text carries no credentials."}, b""
    data.seek(0)
    message, reports = _inspect(readings, _OPAQUE, data, found.store, max_report_bytes)
    return message | {"text_bound": bound}, reports


def _inspect(
    readings: _Readings, media_type: str, data: Any, store: bytes | None, max_report_bytes: int
) -> tuple[dict[str, Any], bytes]:
    with search(data, media_type, store) as candidates:
        guess = next(candidates, None)
        known = None
        if guess is not None and plain(guess.facts, len(guess.manifests)):
            known = readings.memory.recall(guess.facts.chain)
        try:
            if guess is not None and known is not None:
                again = _again(readings.trustless, media_type, data, store, guess)
                if again is not None:
                    trust = {"trust": known.as_message()}
                    return _message(again[1] | trust, again[0], "", max_report_bytes)
                data.seek(0)
            report, conformance = _read(readings.every, media_type, data, store)
            signers = ""
            if readings.doubtful(report):
                data.seek(0)
                signers, _ = _read(readings.signers, media_type, data, store)
        except sdk.load().C2paError as error:
            return _failed(error), b""
        every = chain([guess] if guess else [], candidates)
        found = next(((one, bound) for one in every if (bound := one.answers_to(conformance))), None)
    if found is None:
        return _message({"identity": None, "facts": []}, report, signers, max_report_bytes)
    one, bound = found
    if one.is_signed_so and not signers and plain(one.facts, len(conformance["manifests"]), report):
        readings.memory.learn(one.facts.chain, report)
    return _message(bound, report, signers, max_report_bytes)


def _again(
    context: Any, media_type: str, data: Any, store: bytes | None, guess: Candidate
) -> tuple[str, dict[str, Any]] | None:
    """The report without a word on trust, and what it speaks of; None where that is not plainly the guess."""
    if not guess.is_signed_so:
        return None
    if store is None and isinstance(data, io.BytesIO):
        store = extract.only_store(data.getvalue(), media_type)
    if store is not None:
        # The SDK is given the very bytes that we read: nothing is left to be told apart.
        with sdk.load().Reader(media_type, data, guess.store, context=context) as reader:
            report = reader.json()
        alike = store == guess.store and _SIGNED in report
        return (report, guess.alone()) if alike and plain(guess.facts, 1, report) else None
    report, conformance = _read(context, media_type, data, None)
    bound = guess.answers_to(conformance)
    count = len(conformance["manifests"])
    return (report, bound) if bound and plain(guess.facts, count, report) else None


def _read(context: Any, media_type: str, data: Any, store: bytes | None) -> tuple[str, dict[str, Any]]:
    """The SDK's report as it prints it, and its crJSON, which tells assertions' digests."""
    with sdk.load().Reader(media_type, data, store, context=context) as reader:
        return reader.json(), json.loads(reader.crjson())


def _message(
    bound: dict[str, Any], report: str, signers: str, max_report_bytes: int
) -> tuple[dict[str, Any], bytes]:
    text = report.encode()
    if len(text) > max_report_bytes:
        return {"error": "report_too_large", "sentence": "The credentials are too many to read."}, b""
    return bound | {"report_bytes": len(text)}, text + signers.encode()


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
