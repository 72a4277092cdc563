"""The WSGI entry point that granian serves."""

from pathlib import Path

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from granian.utils.proxies import wrap_wsgi_with_proxy_headers

from service.api.body import BodyLimit
from service.api.reception import Reception


def _spool_folder() -> Path:
    """Where bodies of unknown length wait to be measured; asked for only when one arrives."""
    from service import wiring

    return wiring.incoming_folder()


application = BodyLimit(
    Reception(get_wsgi_application(), settings.CONFIG.web_threads, _spool_folder),
    settings.CONFIG.max_upload_bytes,
    _spool_folder,
)
if settings.CONFIG.trusted_proxies:
    # Behind a proxy every caller would else share one address, and one rate limit.
    application = wrap_wsgi_with_proxy_headers(application, list(settings.CONFIG.trusted_proxies))
