"""The service as a Django application."""

from django.apps import AppConfig


class ServiceConfig(AppConfig):
    """Accounts, keys, jobs and submissions."""

    name = "service"
    label = "service"
    default_auto_field = "django.db.models.BigAutoField"
