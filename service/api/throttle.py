"""How often one may ask over the API: only calls that make us work are counted, reads never are."""

from django.conf import settings
from django.http import HttpRequest
from ninja.throttling import BaseThrottle

from service import rate
from service.api.auth import Caller


class Rate(BaseThrottle):
    """At most `settings.CONFIG.rate_per_minute` calls of one `bucket` a minute; 0 switches the limit off.

    `share` takes a part of it: 10 allows a tenth, at least one.
    """

    def __init__(self, bucket: str, share: int = 1) -> None:
        self._bucket = bucket
        self._share = share

    def allow_request(self, request: HttpRequest) -> bool:
        """Count this call and say whether it is still within the rate."""
        caller = getattr(request, "auth", None)
        who = caller.ident if isinstance(caller, Caller) else f"address:{rate.address_of(request)}"
        limit = settings.CONFIG.rate_per_minute
        return rate.within(self._bucket, who, max(1, limit // self._share) if limit > 0 else 0)

    def wait(self) -> float:
        """Seconds until the next window opens, at least one."""
        return rate.seconds_left()
