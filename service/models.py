"""Accounts, API keys, submissions and the job table: what the service itself remembers."""

import uuid
from datetime import datetime
from enum import StrEnum

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone


class Account(AbstractUser):
    """Somebody who may attest, screen or moderate; staff may also decide what is held for review."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    @property
    def tenant(self) -> str:
        """What the detector and reports call this account: it says nothing of who it is."""
        return str(self.public_id)


class ApiKey(models.Model):
    """A bearer key. Only the SHA-256 of the secret is kept; `prefix` finds the row, the digest decides."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12, unique=True)
    secret_sha256 = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def is_live(self, now: datetime) -> bool:
        """Whether the key may be used at `now`."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


class State(StrEnum):
    """Where a submission stands. Left to right is the only way; the last four are ends or waits."""

    RECEIVED = "received"
    INSPECTED = "inspected"
    FINGERPRINTED = "fingerprinted"
    ACCEPTED = "accepted"
    SIGNED = "signed"
    APPENDED = "appended"
    LOGGED = "logged"
    ANCHORED = "anchored"
    HELD = "held"
    REFUSED = "refused"
    FAILED = "failed"


class Submission(models.Model):
    """One request to attest, from upload to anchor. Stages advance `state` by compare-and-swap only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="submissions")
    state = models.CharField(max_length=16, default=State.RECEIVED, choices=[(s, s) for s in State])
    source_type = models.CharField(max_length=32)
    title = models.CharField(max_length=300)
    # Its own, and not the stored asset's: others may have brought the same content under another name.
    name = models.CharField(max_length=300)
    parents = models.JSONField(default=list)
    wishes = models.JSONField(default=dict)
    idempotency_key = models.CharField(max_length=200, null=True)
    request_sha256 = models.CharField(max_length=64)

    asset = models.ForeignKey("provenance.StoredAsset", on_delete=models.PROTECT, related_name="+")
    signed = models.ForeignKey(
        "provenance.StoredAsset", on_delete=models.PROTECT, null=True, related_name="+"
    )
    store = models.ForeignKey("provenance.StoredAsset", on_delete=models.PROTECT, null=True, related_name="+")
    embedded = models.BooleanField(default=False)
    # Private metadata that the signed copy no longer holds, in words.
    removed = models.JSONField(default=list)
    # The signed manifest's own identifier; those signed by an early version have none here.
    manifest_label = models.CharField(max_length=200, blank=True, db_index=True)
    claim_sha256 = models.CharField(max_length=64, blank=True)
    binding_sha256 = models.CharField(max_length=64, blank=True)
    leaf_index = models.BigIntegerField(null=True, db_index=True)

    inspection = models.JSONField(default=dict)
    fingerprints = models.JSONField(default=dict)
    similarity = models.JSONField(default=dict)
    action = models.CharField(max_length=16, blank=True)
    reasons = models.JSONField(default=list)
    # What the verdict was made with (service.recipe.Recipe), for `recheck`.
    recipe = models.JSONField(default=dict)
    error_code = models.CharField(max_length=64, blank=True)
    error = models.TextField(blank=True)
    reviewed_by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "idempotency_key"], name="one_submission_per_key"),
        ]
        indexes = [
            models.Index(fields=["state", "leaf_index"]),
            models.Index(fields=["account", "created_at"]),
            models.Index(fields=["account", "updated_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.title} [{self.state}]"


class Thumbnail(models.Model):
    """A small JPEG of a submission's picture: for its signature, and for whoever may see the submission."""

    submission = models.OneToOneField(
        Submission, on_delete=models.CASCADE, primary_key=True, related_name="thumbnail"
    )
    jpeg = models.BinaryField()

    def __str__(self) -> str:
        return f"thumbnail of {self.submission_id}"


class ScreeningRecord(models.Model):
    """A screening's report as it was given, for `recheck`: compressed JSON, see service.rechecking.

    `id` is the screened item's; the content itself is not kept.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    tenant = models.CharField(max_length=64, blank=True)
    record = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"screening {self.id}"


class JobState(StrEnum):
    """A job waits, is leased by one worker, is done, or is poisoned after too many tries."""

    QUEUED = "queued"
    LEASED = "leased"
    DONE = "done"
    POISONED = "poisoned"


class Job(models.Model):
    """One unit of work. This row is the truth; a broker only carries its id faster than the sweeper would."""

    kind = models.CharField(max_length=32)
    subject = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=16, default=JobState.QUEUED, choices=[(s, s) for s in JobState])
    attempts = models.PositiveIntegerField(default=0)
    run_at = models.DateTimeField(default=timezone.now)
    lease_owner = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True)
    dispatched_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=64, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "subject"], name="one_job_per_subject")]
        indexes = [models.Index(fields=["state", "run_at"]), models.Index(fields=["state", "lease_until"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} [{self.state}]"


class WorkerBeat(models.Model):
    """The last sign of life of one worker process; `/readyz` and the supervisor read it."""

    name = models.CharField(max_length=64, primary_key=True)
    pid = models.PositiveIntegerField()
    ready = models.BooleanField(default=False)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


def _message_id() -> str:
    return f"msg_{uuid.uuid4().hex}"


class Webhook(models.Model):
    """Where an account wants to hear of its attestations. The secret is kept: each message is signed."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="webhook")
    url = models.CharField(max_length=2048)
    secret = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=timezone.now)
    # Attestations changed before this were looked at.
    looked_until = models.DateTimeField(default=timezone.now)
    delivered_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)
    disabled_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"webhook of {self.account_id}"


class WebhookMessage(models.Model):
    """One event for one webhook, made once; sent with the same id and body until it is taken."""

    id = models.CharField(primary_key=True, max_length=40, default=_message_id, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="messages")
    submission = models.ForeignKey(Submission, on_delete=models.CASCADE, related_name="+")
    event = models.CharField(max_length=40)
    body = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    # Of one that says `anchored`: `final` is still to come.
    awaits_final = models.BooleanField(default=False)
    refusals = models.PositiveSmallIntegerField(default=0)
    # Taken, or given up after many refusals.
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["webhook", "submission", "event"], name="one_message_per_event"),
        ]
        indexes = [
            models.Index(fields=["webhook", "done_at", "created_at"]),
            models.Index(fields=["webhook"], condition=models.Q(awaits_final=True), name="awaiting_final"),
        ]

    def __str__(self) -> str:
        return f"{self.event} of {self.submission_id}"
