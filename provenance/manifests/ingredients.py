"""What a file was made from: the upload itself where it is signed already, and the declared parents.

What an upload already claims is never erased: it becomes the parent of what we sign. One that is broken is
refused, because the SDK would sign over it and the result would read as trusted at the top. Where the caller
insists, the parent's failures go into our manifest with it, and stay there.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from provenance.assets.asset import Asset
from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.errors import SigningRefused
from provenance.inspection.extract import may_hold_store
from provenance.inspection.inspection import Credential
from provenance.inspection.reader import Inspector
from provenance.manifests.definition import ingredient
from provenance.manifests.manifest import Declaration
from provenance.manifests.readback import failures

_MAX_PARENTS = 50


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One file that goes into the manifest; `broken` are the failures of its own credential."""

    asset: Asset
    description: dict[str, Any]
    broken: frozenset[str] = frozenset()

    @property
    def is_parent(self) -> bool:
        """Whether its history goes on; else it is a part of what is made."""
        return str(self.description["relationship"]) == "parentOf"


def gathered(
    asset: Asset, content: bytes | None, declaration: Declaration, inspector: Inspector, limits: Limits
) -> list[Ingredient]:
    """The ingredients of `asset`, the parent first; `content` is all of it, where it is at hand already.

    Raises SigningRefused `too_many_parents`, `text_already_signed`, and `broken_parent` unless the
    declaration accepts one that can at least be read; RejectedAsset for a parent that breaks the limits;
    InspectionFailed.
    """
    if len(declaration.parents) > _MAX_PARENTS:
        raise SigningRefused(f"At most {_MAX_PARENTS} parents are named.", code="too_many_parents")
    found: list[Ingredient] = []
    bare = content is not None and not may_hold_store(content, asset.media_type)
    signed, broken = (False, frozenset()) if bare else _credential(asset, declaration, inspector)
    _keepable(asset, signed=signed)
    if signed:
        found.append(Ingredient(asset, ingredient(asset.name, asset.media_type, parent=True), broken))
    for path in declaration.parents:
        parent = from_path(path, limits)
        carries, broken = _credential(parent, declaration, inspector)
        _keepable(parent, signed=carries)
        only = len(declaration.parents) == 1 and not found
        found.append(Ingredient(parent, ingredient(parent.name, parent.media_type, parent=only), broken))
    return found


def mention(text: dict[str, Any], ingredients: Sequence[Ingredient]) -> None:
    """Tie each component to a `c2pa.placed` action (C2PA 2.4 section 18.16.4); the intent ties the parent."""
    actions = text["assertions"][0]["data"]["actions"]
    for item in ingredients:
        if not item.is_parent:
            item.description["instance_id"] = f"xmp:iid:{uuid.uuid4()}"
            actions.append(
                {
                    "action": "c2pa.placed",
                    "parameters": {"ingredientIds": [item.description["instance_id"]]},
                }
            )


def _keepable(asset: Asset, *, signed: bool) -> None:
    """The SDK sees no credentials within a text: it would record one of unknown provenance."""
    if signed and asset.media_type == "text/plain":
        raise SigningRefused(
            f"The text {asset.name} already carries credentials, which a new signature could not keep in its"
            " history.",
            code="text_already_signed",
        )


def _credential(asset: Asset, declaration: Declaration, inspector: Inspector) -> tuple[bool, frozenset[str]]:
    """Whether the file carries credentials, and how they fail."""
    found = inspector.inspect(asset)
    if found.credential is not Credential.INVALID:
        return found.credential not in (Credential.NONE, Credential.UNCHECKED), frozenset()
    if not declaration.accept_broken_parent:
        raise SigningRefused(
            f"The content credentials that {asset.name} already carries are broken;"
            " signing over them would hide that.",
            code="broken_parent",
        )
    broken = failures(found)
    if not broken:
        # The SDK would drop them and call the file one of unknown provenance.
        raise SigningRefused(
            f"The content credentials that {asset.name} already carries cannot be read,"
            " so they cannot be kept in its history.",
            code="broken_parent",
        )
    return True, broken
