"""Fetching an address that a stranger named, without becoming their way into our network.

A host is resolved once, every address it has must be public, and the connection goes to the address that was
checked (so a second DNS answer changes nothing); each redirect starts over. Time and bytes are capped, bytes
after decoding.
"""

import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import unquote

import httpx

from provenance.errors import FetchFailed
from provenance.fetching.addresses import Address, Allowed, is_public, parsed, resolved
from provenance.fetching.deadline import transport_until

MAX_REDIRECTS = 3
DEADLINE_SECONDS = 30.0
STEP_SECONDS = 10.0
CHUNK = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Download:
    """What came back: decoded blocks, and the last part of the address as a name."""

    chunks: Iterator[bytes]
    name: str


@dataclass(frozen=True, slots=True)
class _Message:
    """What is sent: a POST where there is a body."""

    body: bytes | None = None
    content_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def fetched(
    url: str, *, allowed: Allowed = is_public, seconds: float = DEADLINE_SECONDS
) -> Iterator[Download]:
    """The content at `url`, to be read within the block; the caller caps the bytes.

    Raises FetchFailed `invalid_url`, `blocked_address`, `too_many_redirects`, `url_too_slow`,
    `url_unreachable`.
    """
    with _answered(url, _Message(), allowed, seconds) as download:
        yield download


def fetch_bytes(
    url: str,
    *,
    body: bytes | None = None,
    content_type: str | None = None,
    max_bytes: int,
    seconds: float = 10.0,
    allowed: Allowed = is_public,
) -> bytes:
    """All of the content at `url`, at most `max_bytes` of it once decoded; a POST where there is a `body`.

    A POST follows no redirect: what was meant for one host is not sent to another. Raises FetchFailed as
    `fetched` does, and `too_large`.
    """
    with _answered(url, _Message(body, content_type), allowed, seconds) as download:
        found = bytearray()
        for chunk in download.chunks:
            found += chunk
            if len(found) > max_bytes:
                raise FetchFailed(
                    f"The address answered with more than {max_bytes:,} bytes.",
                    code="too_large",
                    permanent=True,
                )
        return bytes(found)


def posted(
    url: str,
    body: bytes,
    content_type: str,
    headers: Mapping[str, str],
    *,
    seconds: float = 10.0,
    allowed: Allowed = is_public,
) -> int:
    """Send `body` to `url` and return the HTTP status; what is answered besides is not read.

    Follows no redirect. Raises FetchFailed as `fetched` does.
    """
    deadline = time.monotonic() + seconds
    with (
        _client(deadline, seconds) as client,
        _opened(client, url, _Message(body, content_type, headers), allowed, deadline) as response,
    ):
        return response.status_code


def _client(deadline: float, seconds: float) -> httpx.Client:
    # trust_env off: a proxy from the environment would connect to whatever it resolves itself.
    return httpx.Client(
        transport=transport_until(deadline),
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(min(STEP_SECONDS, seconds)),
    )


@contextmanager
def _answered(url: str, message: _Message, allowed: Allowed, seconds: float) -> Iterator[Download]:
    deadline = time.monotonic() + seconds
    with (
        _client(deadline, seconds) as client,
        _opened(client, url, message, allowed, deadline) as response,
    ):
        if response.status_code != 200:
            raise FetchFailed(f"The address answered {response.status_code}.")
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        name = unquote(parsed(url).path.rsplit("/", 1)[-1]) or "download"
        yield Download(_decoded(_blocks(response, deadline), encoding), name)


@contextmanager
def _opened(
    client: httpx.Client, url: str, message: _Message, allowed: Allowed, deadline: float
) -> Iterator[httpx.Response]:
    """The first answer that is no redirect, its body unread."""
    target = parsed(url)
    for _ in range(MAX_REDIRECTS + 1):
        if time.monotonic() > deadline:
            raise _too_slow()
        request = _request(client, target, resolved(target, allowed), message)
        try:
            response = client.send(request, stream=True)
        except httpx.TimeoutException as error:
            raise _too_slow() from error
        except (httpx.HTTPError, OSError, UnicodeError) as error:
            raise FetchFailed("The address did not answer.") from error
        try:
            if response.status_code not in _REDIRECTS:
                yield response
                return
            if message.body is not None:
                raise _too_many("The address redirects what was sent to it.")
            target = parsed(str(target.join(response.headers.get("Location", ""))))
        finally:
            response.close()
    raise _too_many(f"The address redirects more than {MAX_REDIRECTS} times.")


def _request(client: httpx.Client, url: httpx.URL, address: Address, message: _Message) -> httpx.Request:
    """A request to the checked address that still names the host, in Host and in TLS."""
    pinned = url.copy_with(host=str(address))
    headers = {
        "Host": url.netloc.decode("ascii"),
        "Accept-Encoding": "identity",
        "User-Agent": "assay",
        **message.headers,
    }
    if message.content_type is not None:
        headers["Content-Type"] = message.content_type
    extensions = {"sni_hostname": url.raw_host.decode("ascii")}
    method = "GET" if message.body is None else "POST"
    return client.build_request(method, pinned, content=message.body, headers=headers, extensions=extensions)


def _blocks(response: httpx.Response, deadline: float) -> Iterator[bytes]:
    """The body as it arrives. Raises FetchFailed `url_too_slow`, `url_unreachable`."""
    try:
        # Without a chunk size, so that a dripping server's bytes come one by one and meet the deadline.
        for block in response.iter_raw():
            if time.monotonic() > deadline:
                raise _too_slow()
            yield block
    except httpx.TimeoutException as error:
        raise _too_slow() from error
    except httpx.HTTPError as error:
        raise FetchFailed("The connection broke off.") from error


def _decoded(blocks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """The content in bounded pieces, whatever the compression ratio: the reader counts what comes out."""
    if encoding in ("", "identity"):
        yield from blocks
        return
    if encoding not in ("gzip", "deflate", "x-gzip"):
        raise FetchFailed("The address answers in an encoding nobody asked for.")
    inflate = zlib.decompressobj(wbits=47)
    try:
        for block in blocks:
            rest = block
            while rest:
                yield inflate.decompress(rest, CHUNK)
                rest = inflate.unconsumed_tail
        yield inflate.flush()
    except zlib.error as error:
        raise FetchFailed("The answer's compression is broken.") from error


def _too_slow() -> FetchFailed:
    return FetchFailed("The address answered too slowly.", code="url_too_slow")


def _too_many(sentence: str) -> FetchFailed:
    return FetchFailed(sentence, code="too_many_redirects", permanent=True)
