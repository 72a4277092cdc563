"""The log in Django's admin, to look at and never to change: its order and hashes are the product."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from attest.models import (
    CheckpointAnchor,
    CheckpointRow,
    CheckpointTimestamp,
    Cosignature,
    Deployment,
    LeafRow,
    OutboxTransaction,
)


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Rows that nobody adds, edits or deletes by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody may."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody may."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody may."""
        return False


@admin.register(LeafRow)
class LeafAdmin(ReadOnlyAdmin):
    """Leaves, without their salts."""

    list_display = ("index", "kind", "created_at", "revoked_at")
    list_filter = ("kind",)
    search_fields = ("key", "digests__digest")
    exclude = ("salt", "data", "leaf_hash")


@admin.register(CheckpointRow)
class CheckpointAdmin(ReadOnlyAdmin):
    """Checkpoints."""

    list_display = ("size", "created_at")
    exclude = ("root",)


@admin.register(Cosignature)
class CosignatureAdmin(ReadOnlyAdmin):
    """Witnesses' lines."""

    list_display = ("checkpoint", "witness", "cosigned_at")


@admin.register(CheckpointTimestamp)
class TimestampAdmin(ReadOnlyAdmin):
    """Second anchors."""

    list_display = ("checkpoint", "type", "source", "time", "complete")
    list_filter = ("type", "complete")
    exclude = ("data",)


@admin.register(Deployment)
class DeploymentAdmin(ReadOnlyAdmin):
    """Registries."""

    list_display = ("chain_id", "address", "log_id", "from_block")


@admin.register(OutboxTransaction)
class OutboxAdmin(ReadOnlyAdmin):
    """Transactions, without their payloads."""

    list_display = ("chain_id", "nonce", "purpose", "state", "hash", "gas_used")
    list_filter = ("state", "purpose")
    exclude = ("data", "raw")


@admin.register(CheckpointAnchor)
class AnchorAdmin(ReadOnlyAdmin):
    """Anchors."""

    list_display = ("checkpoint", "deployment", "state", "block_number", "block_time")
    list_filter = ("state",)
