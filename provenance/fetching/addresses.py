"""Which addresses may be asked: http and https to the public internet, whatever the spelling."""

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

import httpx

from provenance.errors import FetchFailed

MAX_URL = 2048

Address = IPv4Address | IPv6Address
Allowed = Callable[[Address], bool]

# Python 3.11's is_global calls NAT64, 6to4, Teredo and site-local global. Only 2000::/3 is allocated unicast
# (RFC 4291); within it these embed an IPv4 address that would have to be checked again.
_UNICAST6 = IPv6Network("2000::/3")
_EMBEDDING6 = (IPv6Network("2001::/32"), IPv6Network("2002::/16"))
_SPECIAL4 = (IPv4Network("192.88.99.0/24"), IPv4Network("192.0.0.0/24"))


def is_public(address: Address) -> bool:
    """Whether an address is on the public internet, and is what it looks like."""
    if isinstance(address, IPv4Address):
        special = any(address in network for network in _SPECIAL4)
        return address.is_global and not address.is_multicast and not address.is_reserved and not special
    if address not in _UNICAST6 or any(address in network for network in _EMBEDDING6):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def parsed(url: str) -> httpx.URL:
    """`url` taken apart. Raises FetchFailed `invalid_url`, `blocked_address`."""
    try:
        found = httpx.URL(url) if len(url) <= MAX_URL else None
        # Read here: httpx decodes an internationalised host only when it is asked for.
        host = found.host if found else ""
    except (httpx.InvalidURL, ValueError):
        if _is_odd_ipv4(url):
            raise _blocked("The address hides an IP address in an odd spelling.") from None
        found, host = None, ""
    if found is None or found.scheme not in ("http", "https") or not host or not _has_port(found):
        raise _invalid("The address must be an http: or https: URL.")
    if found.userinfo:
        raise _invalid("The address must not carry a user name or password.")
    return found


def resolved(url: httpx.URL, allowed: Allowed) -> Address:
    """The one address to connect to; every address of the host must be allowed.

    Raises FetchFailed `blocked_address`, `url_unreachable`.
    """
    host = url.raw_host.decode("ascii").strip("[]")
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers]
    except (OSError, UnicodeError, ValueError) as error:
        raise FetchFailed("The address's host has no usable DNS entry.") from error
    if not addresses or not all(allowed(address) for address in addresses):
        raise _blocked("The address does not lie on the public internet.")
    return addresses[0]


def _is_odd_ipv4(url: str) -> bool:
    """Whether the host is an IPv4 address in octal, hex or with parts left out, as inet_aton(3) reads it."""
    try:
        socket.inet_aton(urlsplit(url).hostname or "")
    except (OSError, ValueError):
        return False
    return True


def _has_port(url: httpx.URL) -> bool:
    return url.port is None or 0 < url.port < 65536


def _blocked(sentence: str) -> FetchFailed:
    return FetchFailed(sentence, code="blocked_address", permanent=True)


def _invalid(sentence: str) -> FetchFailed:
    return FetchFailed(sentence, code="invalid_url", permanent=True)
