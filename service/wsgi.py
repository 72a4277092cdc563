"""The WSGI entry point that granian serves."""

from pathlib import Path

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from service.api.body import BodyLimit


def _spool_folder() -> Path:
    """Where bodies of unknown length wait to be measured; asked for only when one arrives."""
    from service import wiring

    return wiring.incoming_folder()


application = BodyLimit(get_wsgi_application(), settings.CONFIG.max_upload_bytes, _spool_folder)
