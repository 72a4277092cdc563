"""The validation statuses of a whole ingredient chain, flattened: which manifest, how deep, how grave."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from provenance.inspection.sentences import Gravity, gravity

_MAX_STATUSES = 5000
_TRUSTED = "signingCredential.trusted"


@dataclass(frozen=True, slots=True)
class Status:
    """One status: code and explanation, the manifest's label, its depth (0 is the file), its gravity."""

    code: str
    explanation: str
    label: str
    depth: int
    gravity: Gravity


def depths(report: Mapping[str, Any]) -> dict[str, int]:
    """Distance of each manifest from the active one, by label, over all ingredients; cycles are cut."""
    manifests = report.get("manifests") or {}
    found = {str(report.get("active_manifest")): 0}
    frontier = list(found)
    while frontier:
        following: list[str] = []
        for label in frontier:
            for ingredient in (manifests.get(label) or {}).get("ingredients") or ():
                child = ingredient.get("active_manifest")
                if isinstance(child, str) and child not in found:
                    found[child] = found[label] + 1
                    following.append(child)
        frontier = following
    return found


def statuses(report: Mapping[str, Any]) -> list[Status]:
    """Failures and notes of the active manifest and of every ingredient, each once, in order of depth.

    An ingredient's failures are those recorded when it was added (its bytes are gone since, so only that
    record tells that it was already broken) and those found now. A recorded "untrusted" falls away where the
    signer is found trusted now: our lists are not those of whoever recorded it.
    """
    levels = depths(report)
    results = report.get("validation_results") or {}
    trusted_now = {
        status.get("url") for status in _listed(results, "success") if status.get("code") == _TRUSTED
    }
    seen: dict[tuple[str, str], Status] = {}
    for recorded, failed, raw in _all(report, results):
        label = manifest_label(str(raw.get("url") or ""))
        code = str(raw.get("code"))
        grave = gravity(code) if failed else Gravity.NOTE
        if recorded and raw.get("url") in trusted_now and code == "signingCredential.untrusted":
            continue
        depth = levels.get(label, 1) if label else int(recorded)
        known = seen.get((code, label))
        if known is None or known.gravity < grave:
            seen[code, label] = Status(code, str(raw.get("explanation") or ""), label, depth, grave)
        if len(seen) >= _MAX_STATUSES:
            break
    return sorted(seen.values(), key=lambda status: status.depth)


def successes(report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The active manifest's own successes, raw."""
    active = (report.get("validation_results") or {}).get("activeManifest") or {}
    return list(active.get("success") or ())


def manifest_label(url: str) -> str:
    """The manifest's label in a JUMBF URI `self#jumbf=/c2pa/LABEL/…`, or ''."""
    _, found, rest = url.partition("/c2pa/")
    return rest.split("/", 1)[0] if found else ""


def _all(
    report: Mapping[str, Any], results: Mapping[str, Any]
) -> Iterator[tuple[bool, bool, Mapping[str, Any]]]:
    """(recorded by an earlier signer, is a failure, status)."""
    for status in _listed(results, "failure"):
        yield False, True, status
    for status in _listed(results, "informational"):
        yield False, False, status
    for manifest in (report.get("manifests") or {}).values():
        for ingredient in manifest.get("ingredients") or ():
            recorded = ingredient.get("validation_results") or {}
            for status in _listed(recorded, "failure"):
                yield True, True, status
            for status in ingredient.get("validation_status") or ():
                yield True, True, status


def _listed(results: Mapping[str, Any], kind: str) -> Iterator[Mapping[str, Any]]:
    yield from (results.get("activeManifest") or {}).get(kind) or ()
    for delta in results.get("ingredientDeltas") or ():
        yield from (delta.get("validationDeltas") or {}).get(kind) or ()
