"""The attest engine as a Django application."""

from django.apps import AppConfig


class AttestConfig(AppConfig):
    """Tables of the log, its checkpoints and their anchors."""

    name = "attest"
    label = "attest"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Log and registry"
