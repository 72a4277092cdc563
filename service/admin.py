"""The service's rows for an administrator, read-only where they are evidence."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from service.models import Account, ApiKey, Job, Submission

admin.site.register(Account, UserAdmin)


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin[Any]):
    """Keys without their digests."""

    list_display = ("name", "prefix", "account", "expires_at", "revoked_at", "last_used_at")
    exclude = ("secret_sha256",)


@admin.register(Job)
class JobAdmin(admin.ModelAdmin[Any]):
    """Jobs, poisoned ones with their error."""

    list_display = ("kind", "subject", "state", "attempts", "run_at", "error_code")
    list_filter = ("state", "kind")


@admin.register(Submission)
class SubmissionAdmin(admin.ModelAdmin[Any]):
    """Submissions; their evidence is not edited here."""

    list_display = ("id", "title", "account", "state", "leaf_index", "created_at")
    list_filter = ("state",)

    def has_change_permission(self, request: object, obj: object = None) -> bool:
        """Evidence is never edited."""
        return False
