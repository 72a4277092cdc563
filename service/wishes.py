"""What an attester may ask of the signature beyond the declaration itself. Kept with the submission."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from provenance.assets.label import label
from provenance.manifests.manifest import TrainingChoice
from service.errors import ServiceError

MAX_AUTHOR = 200


@dataclass(frozen=True, slots=True)
class Wishes:
    """Every default is the careful choice: nothing private is published, nothing broken is signed over.

    `training` is a TrainingChoice's value or empty for no statement, `author` a name or empty; the others
    are as in provenance.manifests.manifest.Declaration.
    """

    training: str = ""
    author: str = ""
    keep_metadata: bool = False
    accept_broken_parent: bool = False
    embed_text: bool = False

    def as_dict(self) -> dict[str, Any]:
        """What differs from the defaults, JSON-ready; so that a new wish does not change old requests."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: value for name, value in values if value}

    @property
    def choice(self) -> TrainingChoice | None:
        """The training choice, if one was made."""
        return TrainingChoice(self.training) if self.training else None


WISHES = tuple(field.name for field in fields(Wishes))
"""The wishes' names, the same at every door."""


def wishes_from(stored: Mapping[str, Any]) -> Wishes:
    """Wishes as they were kept, or as a caller named them.

    Raises ServiceError `unknown_training_choice` for a training choice that does not exist.
    """
    wishes = Wishes(**stored)
    if wishes.training and wishes.training not in set(TrainingChoice):
        known = ", ".join(TrainingChoice)
        raise ServiceError("unknown_training_choice", f"training must be one of: {known}.")
    author = label(wishes.author.replace("/", "∕"))[:MAX_AUTHOR] if wishes.author.strip() else ""
    return Wishes(
        wishes.training, author, wishes.keep_metadata, wishes.accept_broken_parent, wishes.embed_text
    )
