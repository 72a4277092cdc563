"""For the test suite: a throw-away data folder, and PostgreSQL where DATABASE_URL names one."""

import tempfile
from dataclasses import replace
from pathlib import Path

from service.settings.base import *  # noqa: F403
from service.settings.base import CONFIG, SQLITE_OPTIONS, database

# An Assay that runs from this checkout is none of the tests' business.
DATA_DIR = Path(tempfile.mkdtemp(prefix="assay-test-"))
CONFIG = replace(
    CONFIG,
    data_dir=DATA_DIR,
    chain_rpc_url="",
    broker_url="",
    storage_url="",
    signer_urls=(),
    identity_url="",
    trust_lists=(),
    witnesses=(),
    ots_calendars=(),
)
SECRET_KEY = "only-for-tests"  # noqa: S105
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_AUTOREFRESH = True
_name = str(DATA_DIR / "assay.sqlite3")
DATABASES = {
    "default": database(CONFIG.database_url)
    if CONFIG.database_url
    else {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": _name,
        "OPTIONS": SQLITE_OPTIONS,
        # A file and not memory: threads and child processes must see the same rows.
        "TEST": {"NAME": _name},
    }
}
