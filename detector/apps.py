"""The detector engine as a Django application."""

from django.apps import AppConfig


class DetectorConfig(AppConfig):
    """Rows and admin pages of the detector engine."""

    name = "detector"
    label = "detector"
    default_auto_field = "django.db.models.BigAutoField"
