"""What a page may show of a content, to whoever looks at it: a small picture, or how a text begins.

What a visitor sends is shown from the answer itself and kept nowhere. What is stored is shown to its owner
and to those who review, by an address that asks again who looks.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from detector.errors import MediaUnreadable
from detector.media.text import read_text
from provenance.assets.asset import Asset, Medium
from service.errors import KNOWN_ERRORS
from service.models import Submission, Thumbnail
from service.portal.access import submissions_for
from service.stages import local

TEXT_BYTES = 16 * 1024
"""As much of a text is read as the words that are compared may come to."""


@dataclass(frozen=True, slots=True)
class Side:
    """`picture` is an image's address, `text` how a text begins; empty where there is none to be shown."""

    picture: str = ""
    text: str = ""


NOTHING = Side()


def sent(asset: Asset, thumbnail: bytes | None) -> Side:
    """The side of what was sent just now; `thumbnail` is a JPEG, and comes with the page."""
    if thumbnail is not None:
        return Side(picture=f"data:image/jpeg;base64,{base64.b64encode(thumbnail).decode('ascii')}")
    return Side(text=_beginning(asset))


def stored(submission: Submission) -> Side:
    """The side of a submission, for somebody who may see it."""
    if Thumbnail.objects.filter(submission=submission).exists():
        return Side(picture=reverse("attestation-thumbnail", args=[submission.pk]))
    if submission.asset.medium != Medium.TEXT:
        return NOTHING
    try:
        with local(submission.asset) as asset:
            return Side(text=_beginning(asset))
    except KNOWN_ERRORS:
        # A page is no less true without it; fsck names what is lost.
        return NOTHING


def known(user: object, subjects: Iterable[str | None]) -> dict[str, Side]:
    """The sides of those attestations, by id, that this user may see."""
    wanted = []
    for subject in subjects:
        try:
            wanted.append(UUID(subject or ""))
        except ValueError:
            continue
    rows = submissions_for(user).filter(pk__in=wanted) if wanted else ()
    return {str(row.pk): stored(row) for row in rows}


def _beginning(asset: Asset) -> str:
    if asset.medium is not Medium.TEXT:
        return ""
    try:
        return read_text(asset.path, TEXT_BYTES)
    except MediaUnreadable:
        return ""
