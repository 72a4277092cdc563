"""What the detector keeps: items seen, their fingerprints, and the campaigns they form."""

import uuid

from django.db import models
from django.utils import timezone

from provenance.assets.asset import Medium


class Kind(models.TextChoices):
    """Why an item is here: its owner attested it, or a platform had it screened."""

    ATTESTED = "attested", "attested"
    SCREENED = "screened", "screened"


class Campaign(models.Model):
    """A cluster of near-duplicates among one account's screened items. Merging keeps the oldest.

    Attested items never join two accounts' campaigns, nor any: what they resemble is on the similarity axis.
    """

    tenant = models.CharField(max_length=64, null=True, blank=True, db_index=True)
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField(db_index=True)
    size = models.PositiveIntegerField(default=0)
    sources = models.PositiveIntegerField(default=0)
    authors = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"campaign {self.uid} of {self.size}"


class Item(models.Model):
    """One item seen. The row id is its number in every index, and never used again.

    `subject` is the attestation's id for attested items; `time` is when the item appeared as far as the
    caller knows, `created_at` when it reached us; `key` makes indexing idempotent.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    medium = models.CharField(max_length=16, choices=[(medium.value, medium.value) for medium in Medium])
    sha256 = models.CharField(max_length=64, db_index=True)
    tenant = models.CharField(max_length=64, null=True, blank=True, db_index=True)
    subject = models.CharField(max_length=64, null=True, blank=True, db_index=True)
    source = models.CharField(max_length=200, blank=True)
    author = models.CharField(max_length=200, blank=True)
    time = models.DateTimeField(default=timezone.now)
    excerpt = models.CharField(max_length=500, blank=True)
    campaign = models.ForeignKey(
        Campaign, null=True, blank=True, on_delete=models.SET_NULL, related_name="members"
    )
    key = models.CharField(max_length=200, null=True, blank=True, unique=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.medium} {self.uid}"


class ItemGate(models.Model):
    """The one row that every new item locks, so that items become visible in the order of their numbers.

    PostgreSQL gives out numbers before the transactions that took them end: without it, of two alike items
    written at once the second could be compared before the first can be seen.
    """

    passed = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="detector_itemgate_is_single")]

    def __str__(self) -> str:
        return f"{self.passed} items passed"


class FingerprintRow(models.Model):
    """One stored fingerprint of an item; the indexes are rebuilt from these rows."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="fingerprints")
    method = models.CharField(max_length=64)
    value = models.BinaryField()
    quality = models.PositiveSmallIntegerField(default=100)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "method"], name="one_print_per_method")]

    def __str__(self) -> str:
        return f"{self.method} of item {self.item_id}"
