"""Signing in and out."""

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView

_UNKNOWN = "This name and password do not go together. Both are case-sensitive."


class Login(LoginView):
    """The login page."""

    template_name = "login.html"
    redirect_authenticated_user = True

    def get_form(self, form_class: type[AuthenticationForm] | None = None) -> AuthenticationForm:
        """The form, with one message that does not tell which half was wrong."""
        form: AuthenticationForm = super().get_form(form_class)
        form.error_messages["invalid_login"] = _UNKNOWN
        return form


class Logout(LogoutView):
    """Signs out; by POST only, so that no link elsewhere can do it."""
