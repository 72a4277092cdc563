"""API keys: made once, shown once, kept only as a digest."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from service.errors import ServiceError
from service.models import Account, ApiKey

SCOPES = ("attest", "verify", "screen", "moderate")
_MARK = "assay_"
_NOBODY = hashlib.sha256(b"nobody").hexdigest()


def _digest(secret: str) -> str:
    # 256 random bits need no slow hash: there is no dictionary to try.
    return hashlib.sha256(secret.encode()).hexdigest()


def create_key(
    account: Account, name: str, scopes: Iterable[str], days: int | None = 365
) -> tuple[ApiKey, str]:
    """Make a key for `account`; the second value is the secret, which is not kept.

    Raises ServiceError `unknown_scope` or `invalid_name`.
    """
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if unknown or not wanted:
        raise ServiceError(
            "unknown_scope", f"Scopes are {', '.join(SCOPES)}; got {', '.join(unknown) or 'none'}."
        )
    if not name.strip() or len(name) > 100:
        raise ServiceError("invalid_name", "A key needs a name of at most 100 characters.")
    prefix = secrets.token_hex(6)
    secret = f"{_MARK}{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        account=account,
        name=name.strip(),
        prefix=prefix,
        secret_sha256=_digest(secret),
        scopes=wanted,
        expires_at=timezone.now() + timedelta(days=days) if days else None,
    )
    return key, secret


def authenticate(secret: str) -> ApiKey | None:
    """The live key this secret belongs to, or None; unknown, expired and revoked take the same time."""
    parts = secret.removeprefix(_MARK).split("_", 1)
    prefix = parts[0] if secret.startswith(_MARK) and len(parts) == 2 else ""
    key = ApiKey.objects.select_related("account").filter(prefix=prefix[:12]).first()
    matches = hmac.compare_digest(_digest(secret), key.secret_sha256 if key else _NOBODY)
    now = timezone.now()
    if key is None or not matches or not key.is_live(now) or not key.account.is_active:
        return None
    if key.last_used_at is None or now - key.last_used_at > timedelta(minutes=5):
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key


def revoke_key(key: ApiKey) -> None:
    """Revoke a key; doing it twice keeps the first time."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())
