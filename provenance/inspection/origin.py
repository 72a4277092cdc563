"""How content came to be, as its signers declare it through IPTC digital source types.

C2PA 2.4 section 18.16: the inception action (`c2pa.created`, or `c2pa.opened` for an edit) and the edits
carry a `digitalSourceType`. A later "human" never overwrites an earlier AI declaration along the parents.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from provenance.inspection.inspection import Origin

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"

ORIGINS = {
    IPTC + "trainedAlgorithmicMedia": Origin.AI_GENERATED,
    "http://c2pa.org/digitalsourcetype/trainedAlgorithmicData": Origin.AI_GENERATED,
    IPTC + "compositeSynthetic": Origin.AI_EDITED,
    IPTC + "compositeWithTrainedAlgorithmicMedia": Origin.AI_EDITED,
    IPTC + "composite": Origin.COMPOSITE,
    IPTC + "compositeCapture": Origin.COMPOSITE,
    IPTC + "digitalCapture": Origin.HUMAN,
    IPTC + "computationalCapture": Origin.HUMAN,
    IPTC + "negativeFilm": Origin.HUMAN,
    IPTC + "positiveFilm": Origin.HUMAN,
    IPTC + "print": Origin.HUMAN,
    IPTC + "digitalCreation": Origin.HUMAN,
    IPTC + "digitalArt": Origin.HUMAN,
    IPTC + "minorHumanEdits": Origin.HUMAN,
    IPTC + "humanEdits": Origin.HUMAN,
}
_AI = (Origin.AI_GENERATED, Origin.AI_EDITED)
_STRENGTH = (Origin.UNKNOWN, Origin.HUMAN, Origin.COMPOSITE, Origin.AI_EDITED, Origin.AI_GENERATED)


def declared(report: Mapping[str, Any]) -> tuple[Origin, str | None, bool]:
    """The origin, the digital source type it rests on, and whether an earlier AI declaration overruled a
    later.

    The active manifest's strongest declaration counts; where it makes none, or claims less than AI over a
    parent that declared AI, the nearest such parent's does.
    """
    manifests = report.get("manifests") or {}
    own: tuple[Origin, str | None] | None = None
    for label in _parents(manifests, str(report.get("active_manifest"))):
        found = _of_manifest(manifests.get(label) or {})
        if found is None:
            continue
        if own is None:
            own = found
            if own[0] in _AI:
                break
        elif found[0] in _AI:
            return (*found, True)
    return (*own, False) if own else (Origin.UNKNOWN, None, False)


def _of_manifest(manifest: Mapping[str, Any]) -> tuple[Origin, str] | None:
    types = [
        str(action["digitalSourceType"])
        for assertion in manifest.get("assertions") or ()
        if str(assertion.get("label", "")).startswith("c2pa.actions")
        for action in (assertion.get("data") or {}).get("actions") or ()
        if isinstance(action, dict) and action.get("digitalSourceType")
    ]
    if not types:
        return None
    strongest = max(types, key=lambda uri: _STRENGTH.index(ORIGINS.get(_https_free(uri), Origin.UNKNOWN)))
    return ORIGINS.get(_https_free(strongest), Origin.UNKNOWN), strongest


def _https_free(uri: str) -> str:
    """Some signers write the vocabulary's address with https."""
    return uri.replace("https://", "http://", 1)


def _parents(manifests: Mapping[str, Any], label: str) -> Iterator[str]:
    """The active manifest, its parent (relationship parentOf), and so on; each once."""
    seen: set[str] = set()
    current: str | None = label
    while current and current not in seen:
        seen.add(current)
        yield current
        current = next(
            (
                ingredient.get("active_manifest")
                for ingredient in (manifests.get(current) or {}).get("ingredients") or ()
                if ingredient.get("relationship") == "parentOf"
            ),
            None,
        )
