"""Read-mostly views of the detector's tables for operators."""

from django.contrib import admin

from detector.models import Campaign, Item


@admin.register(Item)
class ItemAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    """Items, newest first."""

    list_display = ("uid", "kind", "medium", "tenant", "source", "time", "campaign")
    list_filter = ("kind", "medium")
    search_fields = ("uid", "sha256", "subject")
    raw_id_fields = ("campaign",)


@admin.register(Campaign)
class CampaignAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    """Campaigns, with their growth."""

    list_display = ("uid", "size", "sources", "authors", "first_seen", "last_seen")
