"""How often one caller may ask for work: a fixed window in Django's cache.

With the default in-memory cache each web process counts for itself, so the effective limit is the configured
one times the number of processes; point Django's CACHES at Redis to share the count.
"""

import ipaddress
import time

from django.core.cache import cache
from django.http import HttpRequest

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


def _key(bucket: str, who: str) -> str:
    return f"rate:{bucket}:{who}:{int(time.time()) // WINDOW_SECONDS}"


def counted(bucket: str, who: str) -> int:
    """How many calls of `who` were counted in this minute."""
    found: int = cache.get(_key(bucket, who), 0)
    return found


def count(bucket: str, who: str) -> int:
    """Count one call of `who`; how many that makes in this minute."""
    key = _key(bucket, who)
    cache.add(key, 0, timeout=2 * WINDOW_SECONDS)
    try:
        return cache.incr(key)
    except ValueError:  # evicted between the two calls
        return 1


def within(bucket: str, who: str, limit: int) -> bool:
    """Count one call of `who`, and say whether it is among this minute's first `limit`; 0 is no limit."""
    return limit <= 0 or count(bucket, who) <= limit


def seconds_left() -> float:
    """Seconds until the next window opens, at least one."""
    return max(1.0, WINDOW_SECONDS - time.time() % WINDOW_SECONDS)
