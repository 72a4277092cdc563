"""`/webhook`: where the account hears of its attestations by itself. One for each account."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from service import webhooks
from service.api.auth import caller_of, needs
from service.api.errors import ApiError
from service.api.schemas import described
from service.api.throttle import Rate
from service.models import Webhook as Row

router = Router(tags=["webhook"])


class Address(Schema):
    """Where to send."""

    url: str = Field(max_length=2048)


class Webhook(Schema):
    """The webhook and how it fares: `waiting` messages are to be sent; once `disabled_at`, none will be."""

    url: str
    created_at: datetime
    delivered_at: datetime | None
    failing_since: datetime | None
    last_error: str | None
    disabled_at: datetime | None
    waiting: int


class NewWebhook(Webhook):
    """The webhook with the secret that its messages are signed with; it is shown this once."""

    secret: str


@router.put(
    "",
    auth=needs("attest"),
    throttle=Rate("attest"),
    response={200: NewWebhook},
    operation_id="set_webhook",
    openapi_extra={
        "responses": described({401: "no key", 403: "wrong scope", 422: "no such address", 429: "too often"})
    },
)
def set_webhook(request: HttpRequest, address: Address) -> dict[str, Any]:
    """Send events there from now on, under a new secret. It replaces a former one and enables it again."""
    row = webhooks.subscribe(caller_of(request).account, address.url)
    return webhooks.described(row) | {"secret": row.secret}


@router.get(
    "",
    auth=needs("attest"),
    response=Webhook,
    operation_id="read_webhook",
    openapi_extra={"responses": described({401: "no key", 403: "wrong scope", 404: "none set"})},
)
def read_webhook(request: HttpRequest) -> dict[str, Any]:
    """Where events go and how that fares."""
    row = Row.objects.filter(account=caller_of(request).account).first()
    if row is None:
        raise ApiError("not_found", "No webhook is set.")
    return webhooks.described(row)


@router.delete(
    "",
    auth=needs("attest"),
    throttle=Rate("attest"),
    response={204: None},
    operation_id="remove_webhook",
    openapi_extra={
        "responses": described({401: "no key", 403: "wrong scope", 404: "none set", 429: "too often"})
    },
)
def remove_webhook(request: HttpRequest) -> Status[None]:
    """Send nothing any more."""
    if not webhooks.remove(caller_of(request).account):
        raise ApiError("not_found", "No webhook is set.")
    return Status(204, None)
