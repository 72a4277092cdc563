"""API keys: make one, see it once, revoke it."""

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from service.accounts import create_key, revoke_key
from service.models import Account, ApiKey
from service.portal.access import account_of, may_review, signed_in
from service.portal.forms import KeyForm
from service.portal.problem import KNOWN, Problem


def _page(request: HttpRequest, account: Account, form: KeyForm, **more: object) -> dict[str, object]:
    now = timezone.now()
    rows = ApiKey.objects.filter(account=account).order_by("-created_at")
    return {"form": form, "keys": [(key, _standing(key, now)) for key in rows], **more}


def _standing(key: ApiKey, now: datetime) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "live" if key.is_live(now) else "expired"


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    """The list and the form; or, posted, a new key with its secret, this once."""
    account = account_of(request)
    moderator = may_review(account)
    if request.method != "POST":
        return render(request, "keys.html", _page(request, account, KeyForm(moderator=moderator)))
    form = KeyForm(request.POST, moderator=moderator)
    if not form.is_valid():
        return render(request, "keys.html", _page(request, account, form), status=422)
    wanted = form.cleaned_data
    try:
        key, secret = create_key(account, wanted["name"], wanted["scopes"], int(wanted["days"]) or None)
    except KNOWN as error:
        problem = Problem.of(error)
        return render(
            request, "keys.html", _page(request, account, form, problem=problem), status=problem.status
        )
    fresh = KeyForm(moderator=moderator)
    return render(request, "keys.html", _page(request, account, fresh, made=key, secret=secret))


@signed_in
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke one of this account's keys."""
    key = ApiKey.objects.filter(pk=pk, account=account_of(request)).first()
    if key is None:
        raise Http404
    revoke_key(key)
    return redirect("keys")
