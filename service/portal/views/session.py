"""Signing in and out."""

import hashlib

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import ValidationError

from service import rate

# A minute. Many addresses may try one name, but a name that is tried must not lock its owner out for long.
WRONG_FROM_AN_ADDRESS = 10
WRONG_FOR_A_NAME = 30


def _digest(name: str) -> str:
    """The name as a cache key: short, and without characters that a cache refuses."""
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()


class LoginForm(AuthenticationForm):
    """The form, with one message that does not tell which half was wrong, and few wrong tries a minute."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": "This name and password do not go together. Both are case-sensitive.",
    }

    def clean(self) -> dict[str, object]:
        """Check name and password, unless too many were wrong for this name or from this address."""
        callers = [(f"name:{_digest(str(self.cleaned_data.get('username', '')))}", WRONG_FOR_A_NAME)]
        if self.request is not None:
            callers.append((f"address:{rate.address_of(self.request)}", WRONG_FROM_AN_ADDRESS))
        if any(rate.counted("login", who) >= limit for who, limit in callers):
            wait = round(rate.seconds_left())
            raise ValidationError(f"That was too often. Try again in {wait} seconds.", code="rate_limited")
        try:
            cleaned: dict[str, object] = super().clean()
        except ValidationError:
            for who, _ in callers:
                rate.count("login", who)
            raise
        return cleaned


class Login(LoginView):
    """The login page."""

    template_name = "login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True


class Logout(LogoutView):
    """Signs out; by POST only, so that no link elsewhere can do it."""
