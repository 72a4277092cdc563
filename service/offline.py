"""The application that carries the commands where no service, no model and no database is wanted."""

from django.apps import AppConfig


class OfflineConfig(AppConfig):
    """Commands of the service without its models."""

    name = "service"
    label = "service_offline"

    def import_models(self) -> None:
        """Import none: the offline verbs touch no table."""
        self.models = {}
