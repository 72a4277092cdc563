"""Read-mostly views of the detector's tables for operators."""

from django.contrib import admin

from detector.models import BankEntry, Campaign, Decision, Item


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

    list_display = ("uid", "standing", "size", "sources", "authors", "first_seen", "last_seen")
    list_filter = ("standing",)


@admin.register(Decision)
class DecisionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    """What moderators said of two contents; taken back through the API, which parts or joins campaigns with
    it."""

    list_display = ("uid", "same", "medium", "first_sha256", "second_sha256", "decided_by", "created_at")
    list_filter = ("same", "medium")

    def has_add_permission(self, request: object) -> bool:
        """Decided on a campaign's page."""
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        """Decided anew, never edited."""
        return False

    def has_delete_permission(self, request: object, obj: object = None) -> bool:
        """Campaigns would not follow."""
        return False


@admin.register(BankEntry)
class BankEntryAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs alone
    """Both banks: entries are looked at and taken out here, and added by `./assay bank add` or the API."""

    list_display = ("label", "bank", "medium", "sha256", "added_by", "created_at")
    list_filter = ("bank", "medium")
    search_fields = ("label", "sha256", "excerpt")
    readonly_fields = ("label", "bank", "medium", "sha256", "excerpt", "added_by", "created_at")
    exclude = ("prints",)

    def has_add_permission(self, request: object) -> bool:
        """It takes the content itself."""
        return False
