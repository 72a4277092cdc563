"""`POST /screenings`: one item of a platform's stream, indexed, with what it resembles and a verdict."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Field, Header, Router, Schema

from service import pipeline
from service.api.auth import caller_of, needs
from service.api.content import content, fields_of
from service.api.idempotency import idempotency_key
from service.api.schemas import Report, answer, body, described
from service.api.throttle import Rate

router = Router(tags=["screenings"])


class Item(Schema):
    """The item's text or address, where it appeared and who wrote it (any label of the platform's own)."""

    text: str | None = None
    url: str | None = None
    source: str = Field("", max_length=200)
    author: str = Field("", max_length=200)


_BODY = body(
    text={"type": "string"},
    url={"type": "string", "format": "uri"},
    source={"type": "string", "maxLength": 200},
    author={"type": "string", "maxLength": 200},
)


@router.post(
    "",
    auth=needs("screen"),
    throttle=Rate("screen"),
    response=Report,
    operation_id="screen",
    openapi_extra={
        "requestBody": _BODY,
        "responses": described(
            {
                401: "no key",
                403: "wrong scope",
                409: "Idempotency-Key used for other content",
                422: "content refused",
                429: "too often",
            }
        ),
    },
)
def screen(
    request: HttpRequest, idempotency: Annotated[str | None, Header(None, alias="Idempotency-Key")] = None
) -> HttpResponse:
    """Index the item and say what it resembles; the same Idempotency-Key indexes it once."""
    caller = caller_of(request)
    item = fields_of(request, Item)
    key = idempotency_key(idempotency)
    with content(request, item.text, item.url) as asset:
        report = pipeline.screen(
            asset,
            tenant=caller.account.tenant,
            source=plain(item.source),
            author=plain(item.author),
            key=key,
        )
    return answer(report)


def plain(text: str) -> str:
    """A platform's label without control characters, which a database would not take."""
    return "".join(character for character in text if character.isprintable()).strip()
