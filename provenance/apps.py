"""Django's registration of the provenance engine."""

from django.apps import AppConfig


class ProvenanceConfig(AppConfig):
    """Where do these bytes come from: content credentials."""

    name = "provenance"
    verbose_name = "Provenance"
    default_auto_field = "django.db.models.BigAutoField"
