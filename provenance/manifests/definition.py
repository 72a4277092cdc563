"""The manifest definition (JSON) of an attestation, in the terms of C2PA 2.4.

Made to pass the conformance rubric: version 2 claim, specVersion in the generator's info, every assertion a
created one, allActionsIncluded, the inception action first, a digital source type on every perceptible edit
and none on `c2pa.opened`.
"""

from typing import Any

from provenance.assets.asset import Medium
from provenance.inspection.origin import IPTC
from provenance.manifests.manifest import Declaration, SourceType

SPEC_VERSION = "2.4.0"
GENERATOR = "Assay"
GENERATOR_VERSION = "0.1.0"
PARENT_ID = "parent"
"""The label that links the parent ingredient to the `c2pa.opened` action."""

_SOURCES = {
    SourceType.HUMAN: IPTC + "digitalCapture",
    SourceType.HUMAN_CREATION: IPTC + "digitalCreation",
    SourceType.AI_GENERATED: IPTC + "trainedAlgorithmicMedia",
    SourceType.AI_EDITED: IPTC + "compositeWithTrainedAlgorithmicMedia",
    SourceType.COMPOSITE: IPTC + "composite",
    SourceType.SCREEN_CAPTURE: IPTC + "screenCapture",
}
_CAPTURED = frozenset({Medium.IMAGE, Medium.VIDEO, Medium.AUDIO})
_EDITS = frozenset({SourceType.AI_EDITED, SourceType.COMPOSITE})


def digital_source_type(source: SourceType, medium: Medium) -> str:
    """The IPTC address of a declaration. A person's text or document is created, not captured by a sensor."""
    if source is SourceType.HUMAN and medium not in _CAPTURED:
        return _SOURCES[SourceType.HUMAN_CREATION]
    return _SOURCES[source]


def definition(declaration: Declaration, medium: Medium, media_type: str, *, edits: bool) -> dict[str, Any]:
    """The definition for one asset; `edits` says that it has a parent, whose history it continues.

    An edit opens its parent and states the declared source type on the action that follows: `c2pa.edited`
    where the declaration is of an edit, else `c2pa.published`, since signing again changes nothing to see.
    """
    source = digital_source_type(declaration.source_type, medium)
    if edits:
        action = "c2pa.edited" if declaration.source_type in _EDITS else "c2pa.published"
    else:
        action = "c2pa.created"
    return {
        "claim_version": 2,
        "claim_generator_info": [
            {"name": GENERATOR, "version": GENERATOR_VERSION, "specVersion": SPEC_VERSION}
        ],
        "title": declaration.title,
        "format": media_type,
        "assertions": [
            {
                "label": "c2pa.actions.v2",
                "created": True,
                "data": {
                    "actions": [{"action": action, "digitalSourceType": source}],
                    "allActionsIncluded": True,
                },
            }
        ],
    }


def ingredient(title: str, media_type: str, *, parent: bool) -> dict[str, Any]:
    """The description of one file that this one was made from."""
    return {
        "title": title,
        "format": media_type,
        "relationship": "parentOf" if parent else "componentOf",
    }
