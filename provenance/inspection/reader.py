"""Reading content credentials: the fast "nothing there", the sandboxed parse, the axes."""

import mmap
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from provenance import sdk
from provenance.assets.asset import Asset
from provenance.errors import InspectionFailed, RejectedAsset
from provenance.inspection import axes
from provenance.inspection.extract import Bytes, may_hold_store, shows_store
from provenance.inspection.inspection import Inspection
from provenance.inspection.sandbox import ReaderLimits, Sandbox
from provenance.trust.lists import ListKind, TrustStore

MAX_SIDECAR_BYTES = 64 * 1024 * 1024
_OPAQUE = "application/octet-stream"


class Inspector:
    """Reads content credentials against one trust store. Thread-safe; holds at most one worker process.

    The constructor checks the SDK's version (ProvenanceError `sdk_too_old`, `sdk_missing`) and starts
    nothing. Close it, or use it in a `with` block, to end the worker at once; it ends with the process
    anyway.
    """

    def __init__(self, trust: TrustStore, limits: ReaderLimits | None = None) -> None:
        sdk.check_version()
        self.trust = trust
        self._sandbox = Sandbox(_settings(trust), limits or ReaderLimits())

    def inspect(self, asset: Asset, store: Path | None = None) -> Inspection:
        """What the credentials of `asset` say; `store` is a detached sidecar (application/c2pa), if there is
        one.

        Nothing is fetched: credentials that the file only points at are a finding, `assay.remoteManifest`.
        Raises InspectionFailed `inspection_crashed` or `inspection_timeout`; RejectedAsset
        `report_too_large` for ingredient trees beyond the limits, `too_large` for a sidecar over 64 MiB.
        """
        if store is None and not _search(asset, may_hold_store):
            return axes.none()
        if store is not None and store.stat().st_size > MAX_SIDECAR_BYTES:
            raise RejectedAsset("The sidecar is over 64 MiB.", code="too_large")
        try:
            answer = self._sandbox.read(asset.path, self._format(asset, store), store)
        except OSError as error:
            raise InspectionFailed(f"{asset.name} cannot be read: {error.strerror}.") from error
        return self._interpret(answer, asset, store)

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

    @staticmethod
    def _format(asset: Asset, store: Path | None) -> str:
        """Text has no handler of its own; with a sidecar it is bytes like any others."""
        return _OPAQUE if store is not None and asset.media_type == "text/plain" else asset.media_type

    def _interpret(self, answer: Mapping[str, Any], asset: Asset, store: Path | None) -> Inspection:
        code = answer.get("error")
        explanation = str(answer.get("sentence"))
        if code is None:
            return axes.inspection(answer, self.trust)
        if code == "report_too_large":
            raise RejectedAsset(explanation, code="report_too_large")
        bare = {
            "none": axes.none(),
            "remote": axes.none("assay.remoteManifest"),
            "unsupported": axes.unchecked("assay.unsupported"),
        }
        if code in bare:
            return bare[code]
        if store is None and not _search(asset, shows_store):
            return axes.unchecked("assay.unreadable")
        return axes.unreadable(explanation)


def _settings(trust: TrustStore) -> list[dict[str, Any]]:
    """The reader's settings, and where some lists vouch for time only, a second set without those.

    The SDK lets an anchor of any kind vouch for a signer: a time-stamping authority's root would make whoever
    it certifies a trusted signer. The second reading tells who is trusted as a signer.
    """
    every = [sdk.base_settings(trust.anchors(), verify_after_sign=False)]
    if trust.vouches_for_time:
        every.append(sdk.base_settings(trust.anchors(ListKind.MANIFEST), verify_after_sign=False))
    for settings in every:
        sdk.check_settings(settings)
    return every


def _search(asset: Asset, question: Callable[[Bytes, str], bool]) -> bool:
    try:
        with asset.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return question(data, asset.media_type)
    except OSError as error:
        raise InspectionFailed(f"{asset.name} cannot be read: {error.strerror}.") from error
