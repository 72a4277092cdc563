"""The validation statuses of a whole ingredient chain, flattened: which manifest, how deep, how grave."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from provenance.inspection.sentences import Gravity, gravity

_MAX_STATUSES = 5000
_TRUSTED = "signingCredential.trusted"
_LIST = re.compile(r"found in \[([^\]]{1,500})\]")


@dataclass(frozen=True, slots=True)
class Status:
    """One status: code and explanation, the manifest's label, its depth (0 is the file), its gravity.

    `url` is the part of the manifest that is meant, as a JUMBF URI; `failed` says that the SDK lists it as a
    failure, whatever we make of it.
    """

    code: str
    explanation: str
    label: str
    depth: int
    gravity: Gravity
    url: str = ""
    failed: bool = False


def status(code: str, label: str, depth: int) -> Status:
    """A status of our own finding, as grave as its code."""
    grave = gravity(code)
    return Status(code, "", label, depth, grave, failed=grave is not Gravity.NOTE)


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
    seen: dict[tuple[str, str, bool], Status] = {}
    for recorded, failed, raw in _all(report, results):
        url, code = str(raw.get("url") or ""), str(raw.get("code"))
        label = manifest_label(url)
        # An identity's certificate is checked by the same code as a claim's, and decides nothing.
        aside = concerns_identity(code, url)
        grave = gravity(code) if failed and not aside else Gravity.NOTE
        if recorded and raw.get("url") in trusted_now and code == "signingCredential.untrusted":
            continue
        depth = levels.get(label, 1) if label else int(recorded)
        known = seen.get((code, label, aside))
        if known is None or known.gravity < grave:
            seen[code, label, aside] = Status(
                code, str(raw.get("explanation") or ""), label, depth, grave, url, failed
            )
        if len(seen) >= _MAX_STATUSES:
            break
    return sorted(seen.values(), key=lambda status: status.depth)


def successes(report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The active manifest's own successes, raw."""
    active = (report.get("validation_results") or {}).get("activeManifest") or {}
    return list(active.get("success") or ())


def stamped(report: Mapping[str, Any]) -> frozenset[str]:
    """The labels of the manifests with a time stamp that belongs to the signature and comes from a trusted
    authority.

    For version 1 claims the SDK calls any time stamp "trusted" without asking a list; that does not count. An
    ingredient's successes are listed where they changed since it was added, else only in that record.
    """
    results = report.get("validation_results") or {}
    failed = {
        manifest_label(str(one.get("url") or ""))
        for one in _listed(results, "failure")
        if str(one.get("code")).startswith("timeStamp.")
    }
    found: dict[str, set[str]] = {}
    for source in (results, *_records(report)):
        for one in _listed(source, "success"):
            if not str(one.get("explanation")).startswith("legacy"):
                found.setdefault(manifest_label(str(one.get("url") or "")), set()).add(str(one.get("code")))
    return frozenset(
        label
        for label, codes in found.items()
        if {"timeStamp.validated", "timeStamp.trusted"} <= codes and label not in failed
    )


def concerns_identity(code: str, url: str) -> bool:
    """Whether a status is about a CAWG identity assertion rather than about the claim and its content.

    Its signature is checked with the code for claims, so it can bear a claim's status code; where it points
    tells the two apart.
    """
    return code.startswith("cawg.") or "/cawg.identity" in url


def _records(report: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What earlier signers recorded of their ingredients."""
    for manifest in (report.get("manifests") or {}).values():
        for ingredient in manifest.get("ingredients") or ():
            yield ingredient.get("validation_results") or {}


def legacy(report: Mapping[str, Any]) -> bool:
    """Version 1 claims: the SDK calls any time stamp "trusted" without asking a list."""
    return any(
        one.get("code") == "timeStamp.trusted" and str(one.get("explanation")).startswith("legacy")
        for one in successes(report)
    )


def trusts_signer(report: Mapping[str, Any], label: str) -> bool:
    """Whether the SDK trusts the signer of this manifest's claim, not merely that of an identity in it."""
    return _trusting(report, label) is not None


def trusting_list(report: Mapping[str, Any], label: str) -> str | None:
    """The URI of the list that vouches for the signer of this manifest's claim; None where none does.

    The report's `trustListUri` is that of whichever signature in the history was looked at first, so a
    stranger would borrow it from an ingredient: only what is said of this very signature counts.
    """
    said = _trusting(report, label)
    named = _LIST.search(str(said.get("explanation"))) if said else None
    return named.group(1) if named else None


def _trusting(report: Mapping[str, Any], label: str) -> Mapping[str, Any] | None:
    return next(
        (
            one
            for one in successes(report)
            if one.get("code") == _TRUSTED
            and manifest_label(str(one.get("url") or "")) == label
            and not concerns_identity(_TRUSTED, str(one.get("url") or ""))
        ),
        None,
    )


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
