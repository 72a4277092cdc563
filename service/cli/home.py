"""The data folder made ready for a verb that works in it, without `up`."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError

from service.cli.exits import Exit
from service.models import Account
from service.supervisor import datadir, first_run
from service.supervisor.refusal import Refusal

LOCAL = "local"


def prepare() -> Path:
    """The data folder with its secrets and an up-to-date database. Raises CommandError with one sentence.

    In production the database is never migrated in passing: that is a step of its own (docs/production.md).
    """
    folder = Path(settings.DATA_DIR)
    try:
        datadir.make(folder)
        datadir.ensure_secret_key(folder)
        first_run.migrate(production=settings.CONFIG.is_production)
    except Refusal as error:
        raise CommandError(str(error), returncode=Exit.UNCHECKED) from error
    return folder


def local_account() -> Account:
    """The account that work on this machine runs under; nobody can log in as it."""
    account, made = Account.objects.get_or_create(username=LOCAL)
    if made:
        account.set_unusable_password()
        account.save(update_fields=["password"])
    return account


def account_named(username: str | None) -> Account:
    """The account of that name; without one, the first administrator's, else `local`. Raises CommandError."""
    if username is None:
        first = Account.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
        return first or local_account()
    account = Account.objects.filter(username=username).first()
    if account is None:
        raise CommandError(f"There is no account named {username!r}.", returncode=Exit.USAGE)
    return account
