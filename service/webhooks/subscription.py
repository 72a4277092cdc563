"""An account's one webhook: set, replaced, removed."""

import base64
import secrets

from django.db import transaction

from provenance.errors import FetchFailed
from provenance.fetching.addresses import parsed
from service.errors import ServiceError
from service.models import Account, Webhook

_MARK = "whsec_"
_SECRET_BYTES = 32


def subscribe(account: Account, url: str) -> Webhook:
    """Have the account's events sent to `url` from now on, under a new secret; a former webhook ends.

    The address is looked up and checked at each delivery, not here. Raises ServiceError
    `invalid_webhook_url`.
    """
    try:
        parsed(url)
    except FetchFailed as error:
        raise ServiceError("invalid_webhook_url", str(error)) from error
    with transaction.atomic():
        Webhook.objects.filter(account=account).delete()
        key = base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode("ascii")
        return Webhook.objects.create(account=account, url=url, secret=f"{_MARK}{key}")


def described(row: Webhook) -> dict[str, object]:
    """How a webhook fares, without its secret; times are RFC 3339 or None."""
    names = ("created_at", "delivered_at", "failing_since", "disabled_at")
    times = {name: value.isoformat() if (value := getattr(row, name)) else None for name in names}
    waiting = row.messages.filter(done_at=None).count()
    return {"url": row.url, **times, "last_error": row.last_error or None, "waiting": waiting}


def remove(account: Account) -> bool:
    """Send nothing any more; whether there was a webhook."""
    with transaction.atomic():
        return bool(Webhook.objects.filter(account=account).delete()[0])
