"""The provenance engine as a Django application."""

from django.apps import AppConfig


class ProvenanceConfig(AppConfig):
    """Rows and admin pages of the provenance engine."""

    name = "provenance"
    label = "provenance"
    default_auto_field = "django.db.models.BigAutoField"
