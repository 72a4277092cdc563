"""One machine, nothing to install: `./assay up`. Strict about secrets, lenient about being on loopback."""

import secrets

from service.settings.base import *  # noqa: F403
from service.settings.base import CONFIG, DATA_DIR

_secret_file = DATA_DIR / "secrets" / "django_secret_key"
# Verbs that run before the first `up` need some key; sessions only ever live under the one on disk.
SECRET_KEY = _secret_file.read_text().strip() if _secret_file.is_file() else secrets.token_urlsafe(48)
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *CONFIG.allowed_hosts]
