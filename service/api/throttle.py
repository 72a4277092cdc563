"""How often one caller may ask for work: a fixed window in the cache, per key, account or address.

Only calls that make us work are counted; reads never are. With the default in-memory cache each web process
counts for itself, so the effective limit is the configured one times the number of processes; point
Django's CACHES at Redis to share the count.
"""

import ipaddress
import time

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from ninja.throttling import BaseThrottle

from service.api.auth import Caller

WINDOW_SECONDS = 60


def address_of(request: HttpRequest) -> str:
    """The peer's address; of IPv6 its /64, which is what one subscriber gets (RFC 6177).

    X-Forwarded-For is not read here, since anybody can send it; a trusted proxy's is applied by the server.
    """
    peer = request.META.get("REMOTE_ADDR") or ""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return peer[:64]
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    mapped = address.ipv4_mapped
    return str(mapped) if mapped else str(ipaddress.ip_network((address, 64), strict=False))


class Rate(BaseThrottle):
    """At most `settings.CONFIG.rate_per_minute` calls of one `bucket` a minute; 0 switches the limit off."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def allow_request(self, request: HttpRequest) -> bool:
        """Count this call and say whether it is still within the rate."""
        rate: int = settings.CONFIG.rate_per_minute
        if rate <= 0:
            return True
        caller = getattr(request, "auth", None)
        ident = caller.ident if isinstance(caller, Caller) else f"address:{address_of(request)}"
        window = int(time.time()) // WINDOW_SECONDS
        key = f"rate:{self._bucket}:{ident}:{window}"
        cache.add(key, 0, timeout=2 * WINDOW_SECONDS)
        try:
            return cache.incr(key) <= rate
        except ValueError:  # evicted between the two calls
            return True

    def wait(self) -> float:
        """Seconds until the next window opens, at least one."""
        return max(1.0, WINDOW_SECONDS - time.time() % WINDOW_SECONDS)
