"""What the detector keeps: items seen, their fingerprints, the campaigns they form, and what people
decided."""

import uuid

from django.db import models
from django.utils import timezone

from provenance.assets.asset import Medium


class Kind(models.TextChoices):
    """Why an item is here: its owner attested it, or a platform had it screened."""

    ATTESTED = "attested", "attested"
    SCREENED = "screened", "screened"


class Standing(models.TextChoices):
    """What a campaign is taken for. The last two are a moderator's word, and stay."""

    ACTIVE = "active", "active"
    BENIGN = "benign", "benign: what very many people say or show"
    CONFIRMED = "confirmed", "confirmed by a moderator"
    DISMISSED = "dismissed", "dismissed by a moderator"


class Campaign(models.Model):
    """A cluster of near-duplicates among one account's screened items. Merging keeps the oldest.

    Attested items never join two accounts' campaigns, nor any: what they resemble is on the similarity axis.
    """

    standing = models.CharField(max_length=16, choices=Standing.choices, default=Standing.ACTIVE)

    tenant = models.CharField(max_length=64, null=True, blank=True, db_index=True)
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField(db_index=True)
    size = models.PositiveIntegerField(default=0)
    sources = models.PositiveIntegerField(default=0)
    authors = models.PositiveIntegerField(default=0)
    # A moderator's "not the same" was weighed when its members were last looked at.
    parted = models.BooleanField(default=False)

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
    # Lost a tie to a deletion and may have others: it is asked about again.
    loose = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        indexes = [models.Index(fields=["id"], condition=models.Q(loose=True), name="detector_loose_items")]

    def __str__(self) -> str:
        return f"{self.kind} {self.medium} {self.uid}"


class TieRow(models.Model):
    """Two screened items of one account that resemble each other, the older (lower) number first."""

    first = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+")
    certain = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="one_tie_per_pair"),
            models.CheckConstraint(condition=models.Q(first__lt=models.F("second")), name="tie_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} with {self.second_id}"


class Decision(models.Model):
    """A moderator's word on two contents: the same, or not. It holds for every item with these digests.

    `distances` are those of the two by every method they share, in the method's own unit: what thresholds are
    calibrated by.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    first_sha256 = models.CharField(max_length=64)
    second_sha256 = models.CharField(max_length=64, db_index=True)
    medium = models.CharField(max_length=16)
    same = models.BooleanField()
    distances = models.JSONField(default=dict)
    decided_by = models.CharField(max_length=64)
    note = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first_sha256", "second_sha256"], name="one_decision_per_pair"),
            models.CheckConstraint(
                condition=models.Q(first_sha256__lt=models.F("second_sha256")), name="decision_in_order"
            ),
        ]

    def __str__(self) -> str:
        word = "the same" if self.same else "not the same"
        return f"{self.first_sha256[:8]} and {self.second_sha256[:8]}: {word}"


class Bank(models.TextChoices):
    """What a bank is for: known bad is always flagged, known good never for its likeness."""

    DENY = "deny", "known bad: always flag"
    ALLOW = "allow", "known good: never flag"


class BankEntry(models.Model):
    """One content that an operator named beforehand, kept as its fingerprints alone.

    `prints` are `[method, value in base64, quality]` each.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    bank = models.CharField(max_length=8, choices=Bank.choices)
    label = models.CharField(max_length=200)
    medium = models.CharField(max_length=16, choices=[(medium.value, medium.value) for medium in Medium])
    sha256 = models.CharField(max_length=64)
    excerpt = models.CharField(max_length=500, blank=True)
    prints = models.JSONField()
    added_by = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bank", "sha256"], name="one_entry_per_bank")]

    def __str__(self) -> str:
        return f"{self.bank}: {self.label}"


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
