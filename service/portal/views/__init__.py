"""One file a page."""

from service.portal.views.missing import not_found, server_error

__all__ = ["not_found", "server_error"]
