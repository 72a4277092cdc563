"""The engine's rows in Django's admin: to look at; lists change through the flow, content not at all."""

from django.contrib import admin
from django.http import HttpRequest

from provenance.models import ProductListRow, StoredAsset, TrustListRow


class _ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that no form may change: what they record happened."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds rows by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody edits them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Nobody deletes them."""
        return False


@admin.register(StoredAsset)
class StoredAssetAdmin(_ReadOnly):
    """Stored content."""

    list_display = ("name", "media_type", "size", "sha256", "created_at")
    list_filter = ("medium",)
    search_fields = ("sha256", "name")


@admin.register(TrustListRow)
class TrustListAdmin(_ReadOnly):
    """Trust lists, in force and past."""

    list_display = ("name", "kind", "version", "active", "sha256", "issued", "created_at", "retired_at")
    list_filter = ("kind", "active")
    exclude = ("pem",)


@admin.register(ProductListRow)
class ProductListAdmin(_ReadOnly):
    """Lists of conforming products, in force and past."""

    list_display = ("name", "version", "active", "sha256", "issued", "created_at", "retired_at")
    list_filter = ("active",)
    exclude = ("document",)
