"""Reading content credentials: the fast "nothing there", the sandboxed parse, the axes."""

import datetime
import mmap
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from provenance import sdk
from provenance.assets.asset import Asset
from provenance.errors import InspectionFailed, ProvenanceError, RejectedAsset
from provenance.fetching.client import fetch_bytes
from provenance.inspection import axes
from provenance.inspection.extract import Bytes, may_hold_store, shows_store
from provenance.inspection.inspection import Inspection
from provenance.inspection.revocation import Fetch
from provenance.inspection.sandbox import ReaderLimits, Sandbox
from provenance.trust.lists import ListKind, TrustStore

MAX_SIDECAR_BYTES = 64 * 1024 * 1024
_OPAQUE = "application/octet-stream"
_TEXT = "text/plain"
_REMOTE_SECONDS = 20.0


class Inspector:
    """Reads content credentials against one trust store. Thread-safe; holds at most one worker process.

    The constructor checks the SDK's version (ProvenanceError `sdk_too_old`, `sdk_missing`) and starts
    nothing. Close it, or use it in a `with` block, to end the worker at once; it ends with the process
    anyway. `fetch` is how it reaches the network where a caller asks for that: the guarded client.
    """

    def __init__(
        self, trust: TrustStore, limits: ReaderLimits | None = None, fetch: Fetch | None = None
    ) -> None:
        sdk.check_version()
        self.trust = trust
        self._fetch = fetch or fetch_bytes
        others = [listed.uri for listed in trust.lists if listed.kind is not ListKind.MANIFEST]
        self._sandbox = Sandbox(_settings(trust), others, limits or ReaderLimits())

    def inspect(
        self, asset: Asset, store: Path | None = None, *, revocation: bool = False, remote: bool = False
    ) -> Inspection:
        """What the credentials of `asset` say; `store` is a detached sidecar (application/c2pa), if there is
        one.

        Nothing is fetched unless asked for. `revocation` asks the authorities of signers that a trust list
        vouches for (OCSP); one that does not answer leaves `unknown` and a finding. `remote` fetches the
        credentials that the file only points at, at most 64 MiB; without it they are a finding,
        `assay.remoteManifest`.
        Raises InspectionFailed `inspection_crashed` or `inspection_timeout`; RejectedAsset
        `report_too_large` for ingredient trees beyond the limits, `too_large` for a sidecar over 64 MiB.
        """
        if store is not None and store.stat().st_size > MAX_SIDECAR_BYTES:
            raise RejectedAsset("The sidecar is over 64 MiB.", code="too_large")
        held: Path | bytes | None = store
        if store is None and not _search(asset, may_hold_store):
            return axes.none()
        answer = self._read(asset, held)
        note = None
        if remote and answer.get("error") == "remote":
            url = str(answer.get("url") or "")
            held = self._fetched(url)
            if held is None:
                return axes.none("assay.remoteManifestUnavailable")
            answer, note = self._read(asset, held), axes.fetched_from(url)
        found = self._interpret(answer, asset, held, self._fetch if revocation else None)
        return found if note is None else replace(found, findings=(note, *found.findings))

    def close(self) -> None:
        """End the worker process."""
        self._sandbox.close()

    def __enter__(self) -> "Inspector":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _read(self, asset: Asset, store: Path | bytes | None) -> dict[str, Any]:
        # Text has no handler of its own; beside a store it is bytes like any others.
        opaque = store is not None and asset.media_type == _TEXT
        try:
            return self._sandbox.read(asset.path, _OPAQUE if opaque else asset.media_type, store)
        except OSError as error:
            raise InspectionFailed(f"{asset.name} cannot be read: {error.strerror}.") from error

    def _fetched(self, url: str) -> bytes | None:
        try:
            return self._fetch(url, max_bytes=MAX_SIDECAR_BYTES, seconds=_REMOTE_SECONDS)
        except ProvenanceError:
            return None

    def _interpret(
        self, answer: Mapping[str, Any], asset: Asset, store: Path | bytes | None, fetch: Fetch | None
    ) -> Inspection:
        code = answer.get("error")
        explanation = str(answer.get("sentence"))
        if code is None:
            return axes.inspection(answer, self.trust, datetime.datetime.now(datetime.UTC), fetch)
        if code == "report_too_large":
            raise RejectedAsset(explanation, code="report_too_large")
        bare = {
            "none": axes.none(),
            "remote": axes.none("assay.remoteManifest"),
            "unsupported": axes.unchecked("assay.unsupported"),
        }
        if code in bare:
            return bare[code]
        if code == "malformed":
            return axes.unreadable(explanation, str(answer.get("status")))
        if store is None and not _search(asset, shows_store):
            return axes.unchecked("assay.unreadable")
        return axes.unreadable(explanation)


def _settings(trust: TrustStore) -> list[dict[str, Any]]:
    """The reader's settings, and where some lists vouch for other than signers, a second set without those.

    The SDK lets an anchor of any kind vouch for a signer: a time-stamping authority's root would make whoever
    it certifies a trusted signer. Where it took such an anchor, a second reading tells who is trusted as a
    signer.
    """
    signers = trust.anchors(ListKind.MANIFEST)
    # In this order: the SDK names the first list that vouches for a signer.
    others = [anchor for kind in ListKind if kind is not ListKind.MANIFEST for anchor in trust.anchors(kind)]
    every = [sdk.base_settings([*signers, *others], verify_after_sign=False)]
    trustless = sdk.base_settings((), verify_after_sign=False)
    trustless["verify"]["verify_trust"] = False
    every.append(trustless)
    if others:
        every.append(sdk.base_settings(signers, verify_after_sign=False))
    for settings in every:
        sdk.check_settings(settings)
    return every


def _search(asset: Asset, question: Callable[[Bytes, str], bool]) -> bool:
    try:
        with asset.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return question(data, asset.media_type)
    except OSError as error:
        raise InspectionFailed(f"{asset.name} cannot be read: {error.strerror}.") from error
