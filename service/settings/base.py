"""Settings shared by every environment; nothing here touches a disk or a network on import."""

from pathlib import Path

import dj_database_url
import django_stubs_ext

from service.settings import env

# Lets generic classes (ModelAdmin[Row]) be written as the type checker wants them.
django_stubs_ext.monkeypatch()

CONFIG = env.read()
BASE_DIR = env.PROJECT
DATA_DIR: Path = CONFIG.data_dir

DEBUG = False
ROOT_URLCONF = "service.urls"
WSGI_APPLICATION = "service.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "service.Account"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "attest"
LOGOUT_REDIRECT_URL = "verify"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "provenance.apps.ProvenanceConfig",
    "attest.apps.AttestConfig",
    "detector.apps.DetectorConfig",
    "service.apps.ServiceConfig",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "service.portal.headers.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "libraries": {"portal": "service.portal.templatetags.portal"},
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "service.portal.context.notices",
            ],
        },
    }
]

SQLITE_OPTIONS = {
    # WAL lets readers go on during a write; IMMEDIATE avoids upgrade deadlocks; FULL because it is a ledger.
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
}


def database(url: str) -> dict[str, object]:
    """Django's database dictionary for `url`, or the embedded SQLite file where it is empty."""
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(DATA_DIR / "assay.sqlite3"),
            # Opening the file and setting it up is a third of a look-up's time.
            "CONN_MAX_AGE": 600,
            "OPTIONS": SQLITE_OPTIONS,
        }
    parsed = dict(dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True))
    if str(parsed["ENGINE"]).endswith("sqlite3"):
        parsed["OPTIONS"] = SQLITE_OPTIONS
    return parsed


DATABASES = {"default": database(CONFIG.database_url)}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "service" / "portal" / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

# Uploads are streamed by our own handler, capped while they arrive; Django only sees what passed.
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["service.intake.UploadHandler"]
# Where the sweep finds what a killed process left; the system's temporary folder may be in memory besides.
FILE_UPLOAD_TEMP_DIR = str(DATA_DIR / "incoming")
# The handler makes that folder when the first upload comes; Django wants it there before.
SILENCED_SYSTEM_CHECKS = ["files.E001"]

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "httpx": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        # Answered with 400; every scanner of the internet would else write a traceback a request.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "sentence_transformers": {"level": "WARNING"},
        "faiss.loader": {"level": "WARNING"},
        "celery.utils.functional": {"level": "WARNING"},
    },
}
