"""The manifest definition (JSON) of an attestation, in the terms of C2PA 2.4.

Made to pass the conformance rubric: version 2 claim, specVersion in the generator's info, the actions a
created assertion, allActionsIncluded, the inception action first, a digital source type on every perceptible
edit and none on `c2pa.opened`.

What this service did itself (the actions, the fingerprints) is a created assertion; what the attester says
(who the author is, what machine learning may do) is a gathered one, for which C2PA does not let the signer
answer. Only the removal of metadata bears a time: nobody told us when the content was made, and the time of
signing would be read as that.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from provenance.assets.asset import Medium
from provenance.assets.label import FALLBACK, MAX_CHARACTERS, visible
from provenance.inspection.origin import IPTC
from provenance.manifests.manifest import Declaration, SoftBinding, SourceType, TrainingChoice

SPEC_VERSION = "2.4.0"
GENERATOR = "Assay"
GENERATOR_VERSION = "0.1.0"
PARENT_ID = "parent"
"""The label that links the parent ingredient to the `c2pa.opened` action."""
THUMBNAIL = "thumbnail.jpg"
"""The resource under which the builder is given the bytes of the claim's thumbnail."""

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
# CAWG training and data mining assertion 1.1, section 2.1: every use that it names is answered alike.
_USES = ("cawg.ai_generative_training", "cawg.ai_inference", "cawg.ai_training", "cawg.data_mining")
_DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
_MAX_REMOVED = 500


def digital_source_type(source: SourceType, medium: Medium) -> str:
    """The IPTC address of a declaration. A person's text or document is created, not captured by a sensor."""
    if source is SourceType.HUMAN and medium not in _CAPTURED:
        return _SOURCES[SourceType.HUMAN_CREATION]
    return _SOURCES[source]


def definition(
    declaration: Declaration, medium: Medium, media_type: str, *, edits: bool, removed: Sequence[str] = ()
) -> dict[str, Any]:
    """The definition for one asset; `edits` says that it has a parent, whose history it continues, and
    `removed` names the private metadata that the signed copy no longer holds.

    An edit opens its parent and states the declared source type on the action that follows: `c2pa.edited`
    where the declaration is of an edit, else `c2pa.published`, since signing again changes nothing to see.
    Where it has a thumbnail, the builder must be given the bytes as the resource THUMBNAIL. Title and author
    are the attester's words on one line of at most 200 characters, what is invisible in them marked.
    """
    made: dict[str, Any] = {
        "claim_version": 2,
        "claim_generator_info": [
            {"name": GENERATOR, "version": GENERATOR_VERSION, "specVersion": SPEC_VERSION}
        ],
        "title": _line(declaration.title),
        "format": media_type,
        "assertions": [
            _created("c2pa.actions.v2", _actions(declaration, medium, edits=edits, removed=removed)),
            *map(_soft_binding, declaration.soft_bindings),
        ],
    }
    if declaration.training is not None:
        made["assertions"].append(_training(declaration.training))
    if declaration.author:
        made["assertions"].append(_author(declaration.author))
    if declaration.thumbnail is not None:
        made["thumbnail"] = {"format": "image/jpeg", "identifier": THUMBNAIL}
    return made


def ingredient(title: str, media_type: str, *, parent: bool) -> dict[str, Any]:
    """The description of one file that this one was made from."""
    return {
        "title": title,
        "format": media_type,
        "relationship": "parentOf" if parent else "componentOf",
    }


def _actions(
    declaration: Declaration, medium: Medium, *, edits: bool, removed: Sequence[str]
) -> dict[str, Any]:
    source = digital_source_type(declaration.source_type, medium)
    if edits:
        action = "c2pa.edited" if declaration.source_type in _EDITS else "c2pa.published"
    else:
        action = "c2pa.created"
    actions: list[dict[str, Any]] = [{"action": action, "digitalSourceType": source}]
    if removed:
        actions.append(
            {
                "action": "c2pa.edited.metadata",
                "when": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "description": f"Removed from the published copy: {', '.join(removed)}."[:_MAX_REMOVED],
            }
        )
    return {"actions": actions, "allActionsIncluded": True}


def _soft_binding(binding: SoftBinding) -> dict[str, Any]:
    """C2PA 2.4 section 18.10; an empty scope means all of the content.

    The section has `value` as a byte string. The SDK takes assertions as JSON, which knows none, and writes a
    text string of the same bytes; readers made with it take both alike.
    """
    blocks = [{"scope": {}, "value": binding.value}]
    return _created("c2pa.soft-binding", {"alg": binding.algorithm, "blocks": blocks})


def _training(choice: TrainingChoice) -> dict[str, Any]:
    entry = {"use": choice.value}
    if choice is TrainingChoice.CONSTRAINED:
        entry["constraint_info"] = "Ask the holder of the rights first."
    return {"label": "cawg.training-mining", "data": {"entries": dict.fromkeys(_USES, entry)}}


def _author(name: str) -> dict[str, Any]:
    """CAWG metadata assertion 1.1: `c2pa.metadata` is kept for what devices measure."""
    return {
        "label": "cawg.metadata",
        "kind": "Json",
        "data": {"@context": {"dc": _DUBLIN_CORE}, "dc:creator": [_line(name)]},
    }


def _created(name: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"label": name, "created": True, "data": data}


def _line(text: str) -> str:
    """A stranger's words as one line that hides nothing; whoever shows it escapes the HTML in it."""
    return visible(text, MAX_CHARACTERS) or FALLBACK
