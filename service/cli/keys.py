"""API keys as the command line makes, shows and revokes them."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from rich.table import Table

from service import accounts
from service.cli.safe import safe
from service.cli.verb import usage
from service.errors import ServiceError
from service.models import Account, ApiKey


def create(account: Account, name: str, scopes: Iterable[str], days: int) -> tuple[ApiKey, str]:
    """Make a key; the second value is its secret. Raises CommandError (wrong usage)."""
    if days < 0:
        raise usage("--days takes a number of days, or 0 for a key that never expires.")
    try:
        return accounts.create_key(account, name, scopes, days or None)
    except ServiceError as error:
        raise usage(str(error)) from error


def every() -> QuerySet[ApiKey]:
    """All keys, newest first."""
    return ApiKey.objects.select_related("account").order_by("-created_at")


def revoke(named: str) -> ApiKey:
    """Revoke the one live key of that prefix or name. Raises CommandError where there is none, or several."""
    # People paste the whole secret; its prefix is all that is looked at.
    prefix = named.removeprefix("assay_").split("_", 1)[0]
    found = list(ApiKey.objects.filter(Q(prefix=prefix) | Q(name=named), revoked_at=None)[:2])
    if not found:
        raise usage(f"No live key is called {safe(prefix if named.startswith('assay_') else named)}.")
    if len(found) > 1:
        raise usage(f"Several live keys are called {safe(named)}; name its prefix (see `apikey list`).")
    accounts.revoke_key(found[0])
    return found[0]


def standing(key: ApiKey) -> str:
    """`live`, `expired` or `revoked`."""
    if key.revoked_at is not None:
        return "revoked"
    return "live" if key.is_live(timezone.now()) else "expired"


def as_dict(key: ApiKey) -> dict[str, Any]:
    """One key as JSON-ready values, without its secret."""
    return {
        "name": key.name,
        "prefix": key.prefix,
        "account": key.account.username,
        "scopes": key.scopes,
        "state": standing(key),
        "created_at": key.created_at.isoformat(),
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
        "last_used_at": key.last_used_at.isoformat() if key.last_used_at else None,
    }


def table() -> Table:
    """All keys for people."""
    shown = Table("prefix", "name", "account", "scopes", "state", "expires", "last used")
    for key in every():
        shown.add_row(
            key.prefix,
            safe(key.name),
            safe(key.account.username),
            ", ".join(key.scopes),
            standing(key),
            f"{key.expires_at:%Y-%m-%d}" if key.expires_at else "never",
            f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never",
        )
    return shown
