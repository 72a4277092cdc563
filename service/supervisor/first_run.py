"""What a first run makes, and what a later run only looks at: tables, keys, the first login."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder

from service.models import Account
from service.settings.env import PROJECT
from service.supervisor.refusal import Refusal

FIRST_LOGIN = "admin"
KEY_FILES = ("secrets/log_key", "secrets/anchor_key")


def unapplied() -> set[tuple[str, str]]:
    """Migrations on disk that the database lacks; far cheaper than Django's own plan. Raises Refusal."""
    on_disk = {
        (app.label, path.stem)
        for app in apps.get_app_configs()
        for path in (Path(app.path) / "migrations").glob("[0-9]*.py")
    }
    try:
        return on_disk - set(MigrationRecorder(connection).applied_migrations())
    except DatabaseError as error:
        raise Refusal(f"The database does not answer: {str(error).strip()}.") from error


def migrate(*, production: bool) -> bool:
    """Bring the tables up to date; False when they were. In production that is a step of its own: Refusal."""
    if not unapplied():
        return False
    if production:
        raise Refusal("The database is not up to date: make a backup, then run `./assay migrate`.")
    call_command("migrate", interactive=False, verbosity=0)
    return True


def has_login() -> bool:
    """Whether there is an administrator."""
    return Account.objects.filter(is_superuser=True).exists()


def first_login() -> tuple[str, str] | None:
    """Make the first account: its name and password, of which only a hash is kept; None when there is one."""
    if has_login():
        return None
    password = secrets.token_urlsafe(15)
    Account.objects.create_superuser(FIRST_LOGIN, password=password)
    return FIRST_LOGIN, password


def keys_are_missing(data_dir: Path, *, development: bool) -> bool:
    """Whether this data folder lacks a key that web and worker must find ready, not both make;
    `development` says that its own PKI signs.
    """
    pki = ["pki/chain.pem", "pki/signer.key", "pki/root.pem"] if development else []
    files = [*KEY_FILES, *pki]
    return not all((data_dir / name).is_file() for name in files)


def make_keys(data_dir: Path, rpc_url: str) -> None:
    """Make the development PKI, the log's key and the chain's key, in a process whose SDKs go with it.

    Raises Refusal with its last line when it fails.
    """
    environment = {**os.environ, "ASSAY_DATA_DIR": str(data_dir), "CHAIN_RPC_URL": rpc_url}
    done = subprocess.run(
        [sys.executable, "-m", "service.supervisor.make_keys"],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Refusal(f"The keys of {data_dir} cannot be made or read: {last}")
