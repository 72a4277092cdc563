"""Fetching an address that a stranger named, without becoming their way into our network.

A host is resolved once, every address it has must be public, and the connection goes to the address that was
checked (so a second DNS answer changes nothing); each redirect starts over. Time and bytes are capped, bytes
after decoding.
"""

import socket
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import unquote, urlsplit

import httpx

from service.api.deadline import transport_until
from service.api.errors import ApiError

MAX_REDIRECTS = 3
DEADLINE_SECONDS = 30.0
STEP_SECONDS = 10.0
MAX_URL = 2048
CHUNK = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

Address = IPv4Address | IPv6Address
Allowed = Callable[[Address], bool]

# Python 3.11's is_global calls NAT64, 6to4, Teredo and site-local global. Only 2000::/3 is allocated unicast
# (RFC 4291); within it these embed an IPv4 address that would have to be checked again.
_UNICAST6 = IPv6Network("2000::/3")
_EMBEDDING6 = (IPv6Network("2001::/32"), IPv6Network("2002::/16"))
_SPECIAL4 = (IPv4Network("192.88.99.0/24"), IPv4Network("192.0.0.0/24"))


@dataclass(frozen=True, slots=True)
class Download:
    """What came back: decoded blocks, and the last part of the address as a name."""

    chunks: Iterator[bytes]
    name: str


def is_public(address: Address) -> bool:
    """Whether an address is on the public internet, and is what it looks like."""
    if isinstance(address, IPv4Address):
        special = any(address in network for network in _SPECIAL4)
        return address.is_global and not address.is_multicast and not address.is_reserved and not special
    if address not in _UNICAST6 or any(address in network for network in _EMBEDDING6):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _is_odd_ipv4(url: str) -> bool:
    """Whether the host is an IPv4 address in octal, hex or with parts left out, as inet_aton(3) reads it."""
    try:
        socket.inet_aton(urlsplit(url).hostname or "")
    except (OSError, ValueError):
        return False
    return True


def _has_port(url: httpx.URL) -> bool:
    return url.port is None or 0 < url.port < 65536


def _parsed(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url) if len(url) <= MAX_URL else None
        # Read here: httpx decodes an internationalised host only when it is asked for.
        host = parsed.host if parsed else ""
    except (httpx.InvalidURL, ValueError):
        if _is_odd_ipv4(url):
            raise ApiError("blocked_address", "The address hides an IP address in an odd spelling.") from None
        parsed, host = None, ""
    if parsed is None or parsed.scheme not in ("http", "https") or not host or not _has_port(parsed):
        raise ApiError("invalid_url", "The address must be an http: or https: URL.")
    if parsed.userinfo:
        raise ApiError("invalid_url", "The address must not carry a user name or password.")
    return parsed


def _resolved(url: httpx.URL, allowed: Allowed) -> Address:
    """The one address to connect to. Raises ApiError `blocked_address`, `url_unreachable`."""
    host = url.raw_host.decode("ascii").strip("[]")
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers]
    except (OSError, UnicodeError, ValueError) as error:
        raise ApiError("url_unreachable", "The address's host has no usable DNS entry.") from error
    if not addresses or not all(allowed(address) for address in addresses):
        raise ApiError("blocked_address", "The address does not lie on the public internet.")
    return addresses[0]


def _request(client: httpx.Client, url: httpx.URL, address: Address) -> httpx.Request:
    """A request to the checked address that still names the host, in Host and in TLS."""
    pinned = url.copy_with(host=str(address))
    host = url.netloc.decode("ascii")
    headers = {"Host": host, "Accept-Encoding": "identity", "User-Agent": "assay"}
    extensions = {"sni_hostname": url.raw_host.decode("ascii")}
    return client.build_request("GET", pinned, headers=headers, extensions=extensions)


def _blocks(response: httpx.Response, deadline: float) -> Iterator[bytes]:
    """The body as it arrives. Raises ApiError `url_too_slow`, `url_unreachable`."""
    try:
        # Without a chunk size, so that a dripping server's bytes come one by one and meet the deadline.
        for block in response.iter_raw():
            if time.monotonic() > deadline:
                raise ApiError("url_too_slow")
            yield block
    except httpx.TimeoutException as error:
        raise ApiError("url_too_slow") from error
    except httpx.HTTPError as error:
        raise ApiError("url_unreachable", "The connection broke off.") from error


def _decoded(blocks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """The content in bounded pieces, whatever the compression ratio: the reader counts what comes out."""
    if encoding in ("", "identity"):
        yield from blocks
        return
    if encoding not in ("gzip", "deflate", "x-gzip"):
        raise ApiError("url_unreachable", "The address answers in an encoding nobody asked for.")
    inflate = zlib.decompressobj(wbits=47)
    try:
        for block in blocks:
            rest = block
            while rest:
                yield inflate.decompress(rest, CHUNK)
                rest = inflate.unconsumed_tail
        yield inflate.flush()
    except zlib.error as error:
        raise ApiError("url_unreachable", "The answer's compression is broken.") from error


@contextmanager
def _opened(client: httpx.Client, url: str, allowed: Allowed, deadline: float) -> Iterator[httpx.Response]:
    """The first answer that is no redirect, its body unread."""
    target = _parsed(url)
    for _ in range(MAX_REDIRECTS + 1):
        if time.monotonic() > deadline:
            raise ApiError("url_too_slow")
        request = _request(client, target, _resolved(target, allowed))
        try:
            response = client.send(request, stream=True)
        except httpx.TimeoutException as error:
            raise ApiError("url_too_slow") from error
        except (httpx.HTTPError, OSError, UnicodeError) as error:
            raise ApiError("url_unreachable") from error
        try:
            if response.status_code not in _REDIRECTS:
                yield response
                return
            target = _parsed(str(target.join(response.headers.get("Location", ""))))
        finally:
            response.close()
    raise ApiError("too_many_redirects", f"The address redirects more than {MAX_REDIRECTS} times.")


@contextmanager
def fetched(
    url: str, *, allowed: Allowed = is_public, seconds: float = DEADLINE_SECONDS
) -> Iterator[Download]:
    """The content at `url`, to be read within the block; the caller caps the bytes.

    Raises ApiError `invalid_url`, `blocked_address`, `too_many_redirects`, `url_too_slow`, `url_unreachable`.
    """
    deadline = time.monotonic() + seconds
    # trust_env off: a proxy from the environment would connect to whatever it resolves itself.
    timeout = httpx.Timeout(min(STEP_SECONDS, seconds))
    with (
        httpx.Client(
            transport=transport_until(deadline), trust_env=False, follow_redirects=False, timeout=timeout
        ) as client,
        _opened(client, url, allowed, deadline) as response,
    ):
        if response.status_code != 200:
            raise ApiError("url_unreachable", f"The address answered {response.status_code}.")
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        name = unquote(_parsed(url).path.rsplit("/", 1)[-1]) or "download"
        yield Download(_decoded(_blocks(response, deadline), encoding), name)
