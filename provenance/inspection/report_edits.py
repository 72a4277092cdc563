"""The two places where a report of the SDK is completed before it is read: both only say what was checked.

A verdict on the signer that it gave a moment ago (trust_memory) is written back; and for a text with its
credentials inside, whose binding the SDK cannot check, our own answer takes the place of its.
"""

from collections.abc import Mapping
from typing import Any

TRUSTED, UNTRUSTED = "signingCredential.trusted", "signingCredential.untrusted"
_MATCH, _MISMATCH = "assertion.dataHash.match", "assertion.dataHash.mismatch"


def put_back(report: dict[str, Any], verdict: Mapping[str, Any]) -> None:
    """Write a remembered verdict into a report that was read without asking for one, as the SDK writes it."""
    results, active = _active(report)
    url = f"self#jumbf=/c2pa/{report['active_manifest']}/c2pa.signature"
    trusted = verdict["code"] == TRUSTED
    said = {"code": verdict["code"], "url": url, "explanation": verdict["explanation"]}
    active["success" if trusted else "failure"].insert(0, said)
    if trusted:
        results["trustListUri"] = verdict["list_uri"]
        if report["validation_state"] == "Valid":
            report["validation_state"] = "Trusted"


def bind_text(report: dict[str, Any], *, bound: bool) -> None:
    """Write whether a text is the one that its manifest binds into the report on its store."""
    _, active = _active(report)
    place = f"self#jumbf=/c2pa/{report['active_manifest']}/c2pa.assertions/c2pa.hash.data"
    for kind, code in (("success", _MATCH), ("failure", _MISMATCH)):
        active[kind] = [one for one in active[kind] if one.get("code") != code]
    said = {"code": _MATCH if bound else _MISMATCH, "url": place, "explanation": "text binding"}
    active["success" if bound else "failure"].append(said)
    trusted = any(one.get("code") == TRUSTED for one in active["success"])
    failures = {one.get("code") for one in active["failure"]}
    if failures - {UNTRUSTED}:
        report["validation_state"] = "Invalid"
    elif report["validation_state"] == "Invalid":
        report["validation_state"] = "Trusted" if trusted and not failures else "Valid"


def _active(report: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    results = report["validation_results"]
    active = results["activeManifest"]
    for kind in ("success", "failure"):
        active.setdefault(kind, [])
    return results, active
