"""Registers the detector with Django."""

from django.apps import AppConfig


class DetectorConfig(AppConfig):
    """Items, their fingerprints, and campaigns."""

    name = "detector"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Detector"
