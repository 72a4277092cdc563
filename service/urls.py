"""Every address: machines first, then people."""

from django.contrib import admin
from django.urls import include, path

from service.api import urls as api
from service.portal import urls as portal

urlpatterns = [
    path("", include(api)),
    path("", include(portal)),
    path("admin/", admin.site.urls),
]
handler400 = "service.api.handlers.bad_request"
handler403 = "service.api.handlers.permission_denied"
handler404 = "service.portal.views.not_found"
handler500 = "service.portal.views.server_error"
