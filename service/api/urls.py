"""Every address that a program uses; service/urls.py includes them before the pages."""

from django.urls import path, re_path
from django.views.decorators.http import require_safe

from service.api import health, log
from service.api.application import api, openapi
from service.api.crossorigin import readable_anywhere
from service.api.problems import guarded, problem_type, unknown_path
from service.api.range import by_prefix
from service.api.sbr import openapi as sbr_openapi
from service.api.sbr import sbr

urlpatterns = [
    path("healthz", guarded(health.healthz)),
    path("readyz", guarded(health.readyz)),
    path("metrics", guarded(health.exposition)),
    path("api/v1/range/<str:prefix>", readable_anywhere(guarded(by_prefix))),
    path("api/v1/openapi.json", readable_anywhere(guarded(require_safe(openapi)))),
    path("api/v1/problems/<str:code>", readable_anywhere(guarded(require_safe(problem_type)))),
    path("api/v1/", api.urls),
    re_path(r"^api(?:/[\s\S]*)?\Z", guarded(unknown_path)),
    path("sbr/v1/openapi.json", readable_anywhere(guarded(require_safe(sbr_openapi)))),
    path("sbr/v1/", sbr.urls),
    re_path(r"^sbr(?:/[\s\S]*)?\Z", guarded(unknown_path)),
    path("log/checkpoint", readable_anywhere(guarded(log.checkpoint))),
    re_path(r"^log/(?P<path>tile/[\s\S]*)\Z", readable_anywhere(guarded(log.tile))),
    re_path(r"^log/[\s\S]*\Z", guarded(unknown_path)),
]
