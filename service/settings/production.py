"""A public installation: everything that could be unsafe by omission must be given."""

import secrets
from urllib.parse import urlsplit

from service.settings.base import *  # noqa: F403
from service.settings.base import CONFIG, DATA_DIR
from service.settings.env import ConfigurationError

if not CONFIG.allowed_hosts:
    raise ConfigurationError("ALLOWED_HOSTS must name this installation's host names in production.")
if urlsplit(CONFIG.public_url).scheme != "https":
    raise ConfigurationError("PUBLIC_URL must be this installation's https: address in production.")
if not CONFIG.signer_urls:
    raise ConfigurationError(
        "SIGNER_URL must name your claim-signing key in production (docs/production.md)."
    )

_secret_file = DATA_DIR / "secrets" / "django_secret_key"
SECRET_KEY = _secret_file.read_text().strip() if _secret_file.is_file() else secrets.token_urlsafe(48)
ALLOWED_HOSTS = [*CONFIG.allowed_hosts, "127.0.0.1"]
CSRF_TRUSTED_ORIGINS = [CONFIG.public_url.rstrip("/")]
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
