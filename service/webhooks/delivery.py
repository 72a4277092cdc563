"""Sending messages: signed, through the guarded client, in order, again and again until they are taken.

At least once: a worker that dies between the answer and its note sends the message again under the same id.
"""

import logging
from datetime import timedelta
from enum import Enum

from django.utils import timezone
from standardwebhooks import Webhook as Signer

from provenance.errors import FetchFailed
from provenance.fetching.addresses import is_public
from provenance.fetching.client import posted
from service import job_table as table
from service.errors import ServiceError
from service.models import Webhook, WebhookMessage

log = logging.getLogger(__name__)
DELIVER = "webhook"
# Patience with a server that does not answer, and how often one message may be refused by one that does.
PATIENCE = timedelta(days=4)
MOST_REFUSALS = 12
MOST_IN_A_ROW = 100
SECONDS = 10.0
ALLOWED = is_public
_GONE = 410
_BUSY = frozenset({408, 425, 429})


class _Outcome(Enum):
    """What came of sending one message once."""

    TAKEN = 1
    REFUSED = 2
    UNREACHED = 3
    GONE = 4


class DeliveryFailed(ServiceError):
    """The account's server did not take a message; it is tried again."""

    def __init__(self, sentence: str) -> None:
        super().__init__("webhook_not_delivered", sentence, permanent=False)


def deliver(webhook_id: str) -> None:
    """Send what waits for this webhook, oldest first, as one job of the job table.

    Raises DeliveryFailed, to be called again with back-off, while something was not taken. After four days
    without one success, or at 410 Gone, the webhook is disabled instead.
    """
    hook = Webhook.objects.filter(pk=webhook_id, disabled_at=None).first()
    if hook is None:
        return
    refused = ""
    waiting = hook.messages.filter(done_at=None).order_by("created_at", "pk")
    for message in waiting[:MOST_IN_A_ROW]:
        outcome, trouble = _send(hook, message)
        if outcome is _Outcome.TAKEN:
            continue
        if outcome is _Outcome.GONE or _failed(hook, trouble):
            _disable(hook, trouble)
            return
        if outcome is _Outcome.UNREACHED:
            raise DeliveryFailed(trouble)  # the others would fare no better
        refused = trouble
    if refused:
        raise DeliveryFailed(refused)


def go_on(webhook_id: str, _code: str, _sentence: str) -> None:
    """The job table lost patience, which counts from its own row: ours counts from the first failure."""
    if Webhook.objects.filter(pk=webhook_id, disabled_at=None).exists():
        table.enqueue(DELIVER, webhook_id)


def headers(hook: Webhook, message: WebhookMessage) -> dict[str, str]:
    """The three headers of Standard Webhooks, for sending now."""
    now = timezone.now()
    return {
        "webhook-id": message.pk,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Signer(hook.secret).sign(message.pk, now, message.body),
    }


def _send(hook: Webhook, message: WebhookMessage) -> tuple[_Outcome, str]:
    """Try one message once; what came of it, and a sentence where it was not taken."""
    try:
        status = posted(
            hook.url,
            message.body.encode(),
            "application/json",
            headers(hook, message),
            seconds=SECONDS,
            allowed=ALLOWED,
        )
    except FetchFailed as error:
        return _Outcome.UNREACHED, f"{error} ({error.code})"
    now = timezone.now()
    if 200 <= status < 300:
        WebhookMessage.objects.filter(pk=message.pk).update(done_at=now)
        Webhook.objects.filter(pk=hook.pk).update(delivered_at=now, failing_since=None, last_error="")
        hook.failing_since = None
        return _Outcome.TAKEN, ""
    trouble = f"The server answered {status}."
    if status == _GONE:
        return _Outcome.GONE, trouble
    if 400 <= status < 500 and status not in _BUSY:
        # It answers and does not want this one: the next may fare better, and this one is let go in the end.
        refusals = message.refusals + 1
        given_up = now if refusals >= MOST_REFUSALS else None
        WebhookMessage.objects.filter(pk=message.pk).update(refusals=refusals, done_at=given_up)
        return _Outcome.REFUSED, trouble
    return _Outcome.UNREACHED, trouble


def _failed(hook: Webhook, trouble: str) -> bool:
    """Note a failure; whether it has lasted too long."""
    now = timezone.now()
    hook.failing_since = hook.failing_since or now
    Webhook.objects.filter(pk=hook.pk).update(failing_since=hook.failing_since, last_error=trouble[:200])
    return now - hook.failing_since > PATIENCE


def _disable(hook: Webhook, trouble: str) -> None:
    log.warning("webhook %s is disabled: %s", hook.pk, trouble)
    Webhook.objects.filter(pk=hook.pk, disabled_at=None).update(
        disabled_at=timezone.now(), last_error=trouble[:200]
    )
