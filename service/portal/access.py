"""Who may see which page. What is not yours does not exist: another account's id is a 404, never a 403."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.cache import never_cache

from service.models import Account, Submission

View = Callable[..., HttpResponseBase]


def account_of(request: HttpRequest) -> Account:
    """The signed-in account. Only for views behind `signed_in`; anybody else meets a 404."""
    if not isinstance(request.user, Account):
        raise Http404
    return request.user


def may_review(account: object) -> bool:
    """Whether this account decides what is held: staff, or given the right to change submissions."""
    if not isinstance(account, Account) or not account.is_active:
        return False
    return account.is_staff or account.has_perm("service.change_submission")


def is_partial(request: HttpRequest) -> bool:
    """Whether htmx asks, and a fragment answers better than a page."""
    return request.headers.get("HX-Request") == "true"


def signed_in(view: View) -> View:
    """Only for accounts; others are sent to the login page and come back afterwards. Never cached."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if isinstance(request.user, Account):
            return view(request, *args, **kwargs)
        if is_partial(request):
            # A redirect would be followed silently and the login page put inside this one.
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
        return redirect_to_login(request.get_full_path())

    return never_cache(guarded)


def reviewers_only(view: View) -> View:
    """Only for those who may review; the page does not exist for other accounts."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not may_review(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return signed_in(guarded)


def submissions_for(user: object) -> QuerySet[Submission]:
    """The submissions that this user may see: all for those who review, one's own, none for a visitor."""
    rows = Submission.objects.select_related("account", "asset", "signed", "store", "reviewed_by")
    if may_review(user):
        return rows
    return rows.filter(account=user) if isinstance(user, Account) else rows.none()


def submission_for(request: HttpRequest, pk: UUID) -> Submission:
    """The submission, if it is this account's or the account reviews; Http404 otherwise."""
    found = submissions_for(account_of(request)).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
