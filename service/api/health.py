"""`/healthz`: the process lives. `/readyz`: it can serve, check by check. `/metrics`: for Prometheus."""

from collections.abc import Callable
from datetime import timedelta

from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from attest.models import Deployment
from service import wiring
from service.api import metrics
from service.models import WorkerBeat

STALE_BEAT = timedelta(seconds=15)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Always 200 while the process answers; asks nothing of anybody."""
    response = JsonResponse({"status": "alive"})
    response["Cache-Control"] = "no-store"
    return response


def _database() -> tuple[bool, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return True, "answers"


def _models() -> tuple[bool, str]:
    return (True, "warm") if wiring.is_warm() else (False, "still loading")


def _worker() -> tuple[bool, str]:
    now = timezone.now()
    # A beat of the future is of a clock that was wrong, and says nothing of now.
    near = (now - STALE_BEAT, now + STALE_BEAT)
    fresh = WorkerBeat.objects.filter(ready=True, seen_at__range=near).count()
    return (True, f"{fresh} alive") if fresh else (False, "no worker has reported within 15 s")


def _registry() -> tuple[bool, str]:
    places = wiring.config().chains
    if not places:
        return True, "no chain configured"
    known = [place.chain_id for place in places if place.chain_id is not None]
    deployments = Deployment.objects.all()
    if len(known) == len(places):
        deployments = deployments.filter(chain_id__in=known)
    # One chain is enough to serve: another's trouble must not take the whole service out of rotation.
    return (True, "deployed") if deployments.exists() else (False, "not deployed yet")


_CHECKS: dict[str, Callable[[], tuple[bool, str]]] = {
    "database": _database,
    "models": _models,
    "worker": _worker,
    "registry": _registry,
}


def _outcome(check: Callable[[], tuple[bool, str]]) -> dict[str, object]:
    try:
        passed, says = check()
    except (DatabaseError, InterfaceError):
        passed, says = False, "the database does not answer"
    return {"ok": passed, "says": says}


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when every check passes, else 503; the body names each check either way."""
    checks = {name: _outcome(check) for name, check in _CHECKS.items()}
    ready = all(check["ok"] for check in checks.values())
    response = JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503)
    response["Cache-Control"] = "no-store"
    # Asked once a second while starting; Django would log each 503 as an error.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


@require_safe
def exposition(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format. Holds counts only, no names; keep it off the public net all the same."""
    body, kind = metrics.exposition()
    return HttpResponse(body, content_type=kind)
