"""How often one may ask over the API: only calls that make us work are counted, reads never are."""

from django.conf import settings
from django.http import HttpRequest
from ninja.throttling import BaseThrottle

from service import rate
from service.api.auth import Caller


class Rate(BaseThrottle):
    """At most `settings.CONFIG.rate_per_minute` calls of one `bucket` a minute; 0 switches the limit off."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def allow_request(self, request: HttpRequest) -> bool:
        """Count this call and say whether it is still within the rate."""
        caller = getattr(request, "auth", None)
        who = caller.ident if isinstance(caller, Caller) else f"address:{rate.address_of(request)}"
        return rate.within(self._bucket, who, settings.CONFIG.rate_per_minute)

    def wait(self) -> float:
        """Seconds until the next window opens, at least one."""
        return rate.seconds_left()
