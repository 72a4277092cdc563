"""What became of attestations, as messages: found by looking at their rows, so that no kill loses one.

Nothing in the pipeline knows of it. A message is unique for webhook, attestation and event.
"""

import json
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from attest.queries import final_size
from service import job_table as table
from service import wiring
from service.models import State, Submission, Webhook, WebhookMessage
from service.webhooks.delivery import DELIVER

MOST = 500
# A change is written down at its own clock's time and seen when its transaction ends.
_OVERLAP = timedelta(minutes=5)
_LOGGED = (State.LOGGED, State.ANCHORED)
_STATES: dict[str, Q] = {
    "attestation.logged": Q(state__in=_LOGGED),
    "attestation.anchored": Q(state=State.ANCHORED),
    "attestation.held": Q(state=State.HELD),
    "attestation.refused": Q(state=State.REFUSED),
    "attestation.failed": Q(state=State.FAILED),
}
FINAL = "attestation.final"
REVOKED = "attestation.revoked"
EVENTS = (*_STATES, FINAL, REVOKED)


def collect() -> int:
    """Write down what is new for every webhook and have it delivered; how many messages were made."""
    made = 0
    for hook in Webhook.objects.filter(disabled_at=None).select_related("account"):
        made += _collect(hook)
        if hook.messages.filter(done_at=None).exists():
            wiring.dispatch(table.enqueue(DELIVER, str(hook.pk)).pk)
    return made


def _collect(hook: Webhook) -> int:
    began = timezone.now()
    # What was looked at until a time that has not come yet was looked at by a clock that was wrong.
    since = hook.looked_until if hook.looked_until <= began else min(hook.created_at, began)
    changed = Submission.objects.filter(account=hook.account, updated_at__gte=since - _OVERLAP)
    # How far an attestation has come is told of those asked for since; a revocation is told of every one.
    fresh = changed.filter(created_at__gte=hook.created_at)
    found = [_note(hook, event, fresh.filter(condition)) for event, condition in _STATES.items()]
    revoked = changed.filter(revoked_at__gte=hook.created_at)
    found.append(_note(hook, REVOKED, revoked))
    found.append(_finals(hook))
    if max(found) < MOST and abs(began - hook.looked_until) > _OVERLAP:
        Webhook.objects.filter(pk=hook.pk).update(looked_until=began)
    return sum(found)


def _note(hook: Webhook, event: str, rows: QuerySet[Submission]) -> int:
    told = WebhookMessage.objects.filter(webhook=hook, submission=OuterRef("pk"), event=event)
    new = rows.filter(~Exists(told)).select_related("asset", "signed").order_by("updated_at")[:MOST]
    awaits = event == "attestation.anchored"
    made = [
        WebhookMessage(webhook=hook, submission=row, event=event, body=_body(event, row), awaits_final=awaits)
        for row in new
    ]
    WebhookMessage.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


def _finals(hook: Webhook) -> int:
    waiting = hook.messages.filter(awaits_final=True, submission__leaf_index__lt=final_size())
    numbers = list(waiting.order_by("created_at").values_list("pk", "submission_id")[:MOST])
    with transaction.atomic():
        rows = Submission.objects.filter(pk__in=[submission for _, submission in numbers])
        made = _note(hook, FINAL, rows)
        WebhookMessage.objects.filter(pk__in=[message for message, _ in numbers]).update(awaits_final=False)
    return made


def _body(event: str, row: Submission) -> str:
    """The message: what happened, when we saw it, and where to ask for the rest."""
    error = {"code": row.error_code, "sentence": row.error} if row.error_code else None
    data = {
        "id": str(row.pk),
        "state": row.state,
        "title": row.title,
        "sha256": row.asset.sha256,
        "signed_sha256": row.signed.sha256 if row.signed else None,
        "leaf_index": row.leaf_index,
        "revoked_at": row.revoked_at.isoformat() if row.revoked_at else None,
        "reasons": row.reasons if row.state in (State.HELD, State.REFUSED) else [],
        "error": error,
        "links": {"self": f"/api/v1/attestations/{row.pk}", "proof": f"/api/v1/attestations/{row.pk}/proof"},
    }
    return json.dumps(
        {"type": event, "timestamp": timezone.now().isoformat(), "data": data}, ensure_ascii=False
    )
