"""Who is calling: a bearer key with its scopes, or a browser's session with its CSRF token. Never both."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer
from ninja.security.apikey import APIKeyCookie
from ninja.utils import check_csrf

from service import accounts
from service.api.errors import ApiError
from service.models import Account

# What a login may do without a key; moderating also takes a staff account.
SESSION_SCOPES = frozenset({"attest", "verify", "screen"})


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller. `ident` is what its rate is counted under."""

    account: Account
    scopes: frozenset[str]
    ident: str

    @property
    def is_moderator(self) -> bool:
        """Whether this caller may see and decide on what belongs to others."""
        return "moderate" in self.scopes and bool(self.account.is_staff)


def _allowed(caller: Caller, scopes: tuple[str, ...]) -> Caller:
    if not caller.scopes.intersection(scopes):
        raise ApiError("forbidden", f"This takes the scope {' or '.join(scopes)}.")
    return caller


class Key(HttpBearer):
    """`Authorization: Bearer KEY`. A call that names a key is judged by it alone: cookies are not looked at.

    Raises ApiError `unauthenticated` for an unknown, expired or revoked key, `forbidden` for a wrong scope.
    """

    def __init__(self, *scopes: str) -> None:
        super().__init__()
        self._scopes = scopes

    def __call__(self, request: HttpRequest) -> Any:
        """The caller, or None where no key was sent."""
        value = request.headers.get("Authorization")
        if value is None:
            return None
        scheme, _, secret = value.partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise ApiError("unauthenticated", "Authorization takes: Bearer KEY.")
        return self.authenticate(request, secret.strip())

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        """The caller behind `token`."""
        # A lone surrogate or a NUL is no key and must not reach the digest or the database.
        key = accounts.authenticate(token) if token.isascii() and token.isprintable() else None
        if key is None:
            raise ApiError("unauthenticated", "The key is unknown, expired or revoked.")
        return _allowed(Caller(key.account, frozenset(key.scopes), f"key:{key.prefix}"), self._scopes)


class Session(APIKeyCookie):
    """The portal's own login, with its CSRF token on anything that writes."""

    def __init__(self, *scopes: str) -> None:
        from django.conf import settings

        self.param_name = settings.SESSION_COOKIE_NAME
        super().__init__(csrf=False)
        self._scopes = scopes

    def authenticate(self, request: HttpRequest, key: str | None) -> Caller | None:
        """The logged-in caller, or None. Raises ApiError `csrf_failed`, `forbidden`."""
        user = getattr(request, "user", None)
        if not isinstance(user, Account) or not user.is_authenticated:
            return None
        if check_csrf(request) is not None:
            raise ApiError("csrf_failed")
        scopes = SESSION_SCOPES | {"moderate"} if user.is_staff else SESSION_SCOPES
        return _allowed(Caller(user, scopes, f"account:{user.pk}"), self._scopes)


def needs(*scopes: str) -> list[Callable[[HttpRequest], Any]]:
    """ninja's `auth` for a call that takes any one of `scopes`."""
    return [Key(*scopes), Session(*scopes)]


class OptionalKey(Key):
    """For calls open to everybody: a key that is sent must still be good."""

    def __call__(self, request: HttpRequest) -> Any:
        """The caller, or ANYONE."""
        return super().__call__(request) or ANYONE


ANYONE = "anyone"


def caller_of(request: HttpRequest) -> Caller:
    """The caller that `needs` let in."""
    caller = getattr(request, "auth", None)
    if not isinstance(caller, Caller):
        raise ApiError("unauthenticated")
    return caller
