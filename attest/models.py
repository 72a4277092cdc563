"""The log's rows: leaves, digests, checkpoints, and the transactions that anchor them.

The leaf rows are the truth; tiles, checkpoint files and the chain are derived from them and can be rebuilt.
"""

from django.db import models
from django.db.models import Q


class LogHead(models.Model):
    """The one row every append locks: size and compact range (hex hashes, widest subtree first)."""

    origin = models.CharField(max_length=200, blank=True, default="")
    size = models.PositiveBigIntegerField(default=0)
    compact_range = models.JSONField(default=list)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="attest_loghead_is_single")]

    def __str__(self) -> str:
        return f"{self.origin} at {self.size}"


class LeafRow(models.Model):
    """One leaf: `index` and `data` never change, `key` is appended exactly once, `salt` may be erased."""

    index = models.PositiveBigIntegerField(unique=True)
    key = models.CharField(max_length=200, unique=True)
    data = models.BinaryField()
    leaf_hash = models.BinaryField(max_length=32)
    salt = models.BinaryField(max_length=32, null=True)
    kind = models.CharField(max_length=20, db_index=True)
    created_at = models.DateTimeField()
    revoked_by = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="revokes"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["index"]

    def __str__(self) -> str:
        return f"leaf {self.index} ({self.kind})"


class SubtreeRow(models.Model):
    """Root of the complete subtree over leaves [index << level, (index + 1) << level), at levels 8, 16, 24, …

    One row per 256 leaves, so that a proof reads a few hundred hashes whatever the log holds.
    """

    level = models.PositiveSmallIntegerField()
    index = models.PositiveBigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="attest_subtree_once")]

    def __str__(self) -> str:
        return f"subtree {self.index} of level {self.level}"


class LeafDigest(models.Model):
    """One digest (hex SHA-256) that a leaf's commitment opens to; erased together with the salt."""

    # No index but those below: the unique one begins with the leaf, and each costs five entries a leaf.
    leaf = models.ForeignKey(LeafRow, on_delete=models.PROTECT, related_name="digests", db_index=False)
    role = models.CharField(max_length=16)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["leaf", "role"], name="attest_leafdigest_one_per_role"),
        ]
        indexes = [
            models.Index(fields=["role", "digest"], name="attest_leafdigest_lookup"),
            models.Index(fields=["digest"], name="attest_leafdigest_prefix"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.digest[:12]} of leaf {self.leaf_id}"


class CheckpointRow(models.Model):
    """One sealed tree head: its size, root (32 bytes) and signed note (C2SP tlog-checkpoint)."""

    size = models.PositiveBigIntegerField(unique=True)
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["size"]

    def __str__(self) -> str:
        return f"checkpoint {self.size}"


class Cosignature(models.Model):
    """One witness's line under one checkpoint's note (C2SP tlog-cosignature), `line` with its newline.

    `witness` is the verifier key that it was verified with; `cosigned_at` the witness's own time.
    """

    checkpoint = models.ForeignKey(CheckpointRow, on_delete=models.PROTECT, related_name="cosignatures")
    witness = models.CharField(max_length=300)
    line = models.TextField()
    cosigned_at = models.DateTimeField()

    class Meta:
        ordering = ["witness"]
        constraints = [
            models.UniqueConstraint(fields=["checkpoint", "witness"], name="attest_cosignature_once"),
        ]

    def __str__(self) -> str:
        return f"{self.witness.partition('+')[0]} under checkpoint {self.checkpoint_id}"


class CheckpointTimestamp(models.Model):
    """A second anchor of one checkpoint: a time stamp over SHA-256 of its note's text.

    `data` is a DER TimeStampToken (RFC 3161) or an .ots file; `source` is who was asked, without any secret
    of the address. An OpenTimestamps proof is `complete` once it leads to a Bitcoin block; `time` is what an
    RFC 3161 token says, unknown for the other.
    """

    class Type(models.TextChoices):
        """Which kind of time stamp."""

        RFC3161 = "rfc3161"
        OPENTIMESTAMPS = "opentimestamps"

    checkpoint = models.ForeignKey(CheckpointRow, on_delete=models.PROTECT, related_name="timestamps")
    type = models.CharField(max_length=16, choices=Type.choices)
    source = models.CharField(max_length=200)
    data = models.BinaryField()
    complete = models.BooleanField(default=True, db_index=True)
    time = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["checkpoint", "source"], name="attest_timestamp_once"),
        ]

    def __str__(self) -> str:
        return f"{self.type} of checkpoint {self.checkpoint_id} by {self.source}"


class Deployment(models.Model):
    """One registry contract on one chain, with the log registered in it."""

    chain_id = models.PositiveBigIntegerField()
    address = models.CharField(max_length=42)
    log_id = models.CharField(max_length=66)
    from_block = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chain_id", "address"], name="attest_deployment_once"),
        ]

    def __str__(self) -> str:
        return f"{self.address} on chain {self.chain_id}"


class OutboxTransaction(models.Model):
    """A signed transaction, stored before it is broadcast, so that a crash resends it and never doubles it.

    Amounts are wei. A fee bump marks the old row `replaced` and stores a new one with the same nonce.
    """

    class Purpose(models.TextChoices):
        """What the transaction does."""

        DEPLOY = "deploy"
        REGISTER = "register"
        CHECKPOINT = "checkpoint"
        REVOKE = "revoke"

    class State(models.TextChoices):
        """How far it has come."""

        SIGNED = "signed"
        SENT = "sent"
        INCLUDED = "included"
        FINAL = "final"
        FAILED = "failed"
        REPLACED = "replaced"

    chain_id = models.PositiveBigIntegerField()
    sender = models.CharField(max_length=42)
    nonce = models.PositiveBigIntegerField()
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    reference = models.CharField(max_length=80, blank=True, default="", db_index=True)
    to = models.CharField(max_length=42, blank=True, default="")
    data = models.BinaryField()
    value = models.PositiveBigIntegerField(default=0)
    gas = models.PositiveBigIntegerField()
    max_fee = models.PositiveBigIntegerField()
    max_priority_fee = models.PositiveBigIntegerField()
    raw = models.BinaryField()
    hash = models.CharField(max_length=66, unique=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.SIGNED, db_index=True)
    block_number = models.PositiveBigIntegerField(null=True, blank=True)
    block_hash = models.CharField(max_length=66, blank=True, default="")
    block_time = models.DateTimeField(null=True, blank=True)
    gas_used = models.PositiveBigIntegerField(null=True, blank=True)
    error = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["chain_id", "sender", "nonce"],
                condition=~Q(state="replaced"),
                name="attest_outbox_one_live_per_nonce",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.hash[:12]} ({self.state})"


class CheckpointAnchor(models.Model):
    """One checkpoint's place in one deployed registry."""

    class State(models.TextChoices):
        """How settled the anchor is."""

        PENDING = "pending"
        INCLUDED = "included"
        FINAL = "final"

    checkpoint = models.ForeignKey(CheckpointRow, on_delete=models.PROTECT, related_name="anchors")
    deployment = models.ForeignKey(Deployment, on_delete=models.PROTECT, related_name="anchors")
    transaction = models.ForeignKey(
        OutboxTransaction, null=True, blank=True, on_delete=models.PROTECT, related_name="anchors"
    )
    state = models.CharField(max_length=16, choices=State.choices, default=State.PENDING, db_index=True)
    block_number = models.PositiveBigIntegerField(null=True, blank=True)
    block_hash = models.CharField(max_length=66, blank=True, default="")
    block_time = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["checkpoint", "deployment"], name="attest_anchor_once"),
        ]

    def __str__(self) -> str:
        return f"checkpoint {self.checkpoint_id} in deployment {self.deployment_id} ({self.state})"


class AnchorEvidence(models.Model):
    """What shows an anchor without a node (attest/proofs/evidence.py), captured once the anchor was final.

    `account` and `storage` are RLP lists of trie nodes; `revocation` is an RLP list of pairs, a word of the
    revocation bits (leaf index >> 8) and its nodes.
    """

    anchor = models.OneToOneField(CheckpointAnchor, on_delete=models.CASCADE, related_name="evidence")
    block_number = models.PositiveBigIntegerField()
    header = models.BinaryField()
    account = models.BinaryField()
    storage = models.BinaryField()
    revocation = models.BinaryField()
    captured_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"evidence of anchor {self.anchor_id} at block {self.block_number}"
