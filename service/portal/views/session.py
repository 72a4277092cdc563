"""Signing in and out."""

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView


class LoginForm(AuthenticationForm):
    """The form, with one message that does not tell which half was wrong."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": "This name and password do not go together. Both are case-sensitive.",
    }


class Login(LoginView):
    """The login page."""

    template_name = "login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True


class Logout(LogoutView):
    """Signs out; by POST only, so that no link elsewhere can do it."""
