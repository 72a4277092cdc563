"""For verbs that need no service: no database, no data folder, no secret."""

import secrets

from service.settings import env

CONFIG = env.read()
SECRET_KEY = secrets.token_urlsafe(48)
INSTALLED_APPS = ["service.offline.OfflineConfig"]
DATABASES: dict[str, object] = {}
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGGING_CONFIG = None
