"""Addresses that strangers name: fetched only from the public internet, in bounded time and size."""

import contextlib
import gzip
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest

from provenance.errors import FetchFailed
from provenance.fetching import addresses, client
from provenance.fetching.addresses import is_public
from provenance.fetching.client import fetch_bytes, fetched


def code_of(url, **options):
    with pytest.raises(FetchFailed) as refused, fetched(url, **options) as download:
        b"".join(download.chunks)
    return refused.value.code


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "192.168.1.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "240.0.0.1",
        "192.88.99.1",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "fec0::1",
        "fe80::1",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001:db8::1",
    ],
)
def test_addresses_that_are_not_on_the_public_internet_are_known(text):
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", ["93.184.216.34", "8.8.8.8", "2606:4700:4700::1111"])
def test_public_addresses_are_known(text):
    assert is_public(ip_address(text))


@pytest.mark.network
@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "localhost"],
)
def test_every_spelling_of_loopback_is_blocked(host):
    assert code_of(f"http://{host}/x") == "blocked_address"


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/x",
        "gopher://example.org/x",
        "//example.org/x",
        "example.org",
        "",
        "http://",
        "http://user:password@example.org/",
        "http://user@example.org/",
        "http://example.org:99999/",
        "http://example.org/" + "x" * 3000,
        "javascript:alert(1)",
        "http://xn--a/",
    ],
)
def test_anything_but_a_plain_http_address_is_invalid(url):
    assert code_of(url) == "invalid_url"


class Handler(BaseHTTPRequestHandler):
    hosts: list = []
    sent: list = []
    types: list = []

    def do_GET(self):
        self.hosts.append(self.headers["Host"])
        getattr(self, "at_" + self.path.strip("/").split("/")[0].split("?")[0])()

    def do_POST(self):
        self.sent.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.types.append(self.headers["Content-Type"])
        self.do_GET()

    def _send(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def at_plain(self):
        self._send(200, b"hello")

    def at_missing(self):
        self._send(404, b"no")

    def at_hop(self):
        left = int(self.path.rsplit("/", 1)[-1])
        self._send(302, Location=f"/hop/{left - 1}" if left else "/plain/end.txt")

    def at_inside(self):
        self._send(302, Location="http://127.0.0.2/secret")

    def at_other(self):
        self._send(302, Location="file:///etc/passwd")

    def at_nowhere(self):
        self._send(302, Location="http://xn--a/")

    def at_bomb(self):
        self._send(200, gzip.compress(b"\0" * 50_000_000), Content_Encoding="gzip")

    def at_broken(self):
        self._send(200, b"this is no gzip", Content_Encoding="gzip")

    def at_strange(self):
        self._send(200, b"x", Content_Encoding="br")

    def at_slow(self):
        self.send_response(200)
        self.end_headers()
        for _ in range(100):
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.1)

    def at_headers(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        for _ in range(100):
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.1)

    def log_message(self, *_):
        pass

    def handle(self):
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            super().handle()


@pytest.fixture
def server():
    Handler.hosts, Handler.sent, Handler.types = [], [], []
    serving = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=serving.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{serving.server_port}"
    serving.shutdown()
    serving.server_close()
    thread.join()


def only_ours(address):
    return str(address) in ("127.0.0.1", "::1")


@pytest.mark.network
def test_an_allowed_address_is_fetched_with_its_own_host_name_and_named_by_its_path(server):
    with fetched(f"{server}/plain/a%20b.txt?x=1", allowed=only_ours) as download:
        assert b"".join(download.chunks) == b"hello"
        assert download.name == "a b.txt"
    assert Handler.hosts == [server.removeprefix("http://")]


@pytest.mark.network
def test_three_redirects_are_followed_and_the_fourth_is_not(server):
    with fetched(f"{server}/hop/2", allowed=only_ours) as download:
        assert b"".join(download.chunks) == b"hello"
    assert code_of(f"{server}/hop/3", allowed=only_ours) == "too_many_redirects"


@pytest.mark.network
def test_a_redirect_is_checked_like_the_first_address(server):
    assert code_of(f"{server}/inside", allowed=only_ours) == "blocked_address"
    assert code_of(f"{server}/other", allowed=only_ours) == "invalid_url"
    assert code_of(f"{server}/nowhere", allowed=only_ours) == "url_unreachable"


@pytest.mark.network
def test_compressed_content_comes_out_in_small_pieces(server):
    with fetched(f"{server}/bomb", allowed=only_ours) as download:
        sizes = [len(piece) for piece in download.chunks]
    assert sum(sizes) == 50_000_000
    assert max(sizes) <= client.CHUNK


@pytest.mark.network
def test_a_broken_or_unasked_encoding_and_an_error_page_are_no_content(server):
    for path in ("broken", "strange", "missing"):
        assert code_of(f"{server}/{path}", allowed=only_ours) == "url_unreachable"


@pytest.mark.network
def test_a_dripping_server_meets_the_deadline(server):
    began = time.monotonic()
    assert code_of(f"{server}/slow", allowed=only_ours, seconds=0.5) == "url_too_slow"
    assert time.monotonic() - began < 3


@pytest.mark.network
def test_the_address_is_resolved_once_so_a_second_answer_changes_nothing(server, monkeypatch):
    port = int(server.rsplit(":", 1)[1])
    asked = []

    def rebinding(host, port_, *_, **__):
        asked.append(host)
        if host != "rebind.test":  # a literal is what it is
            return [(2, 1, 6, "", (host, port_))]
        address = "127.0.0.1" if asked.count(host) == 1 else "127.0.0.2"
        return [(2, 1, 6, "", (address, port_))]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", rebinding)
    with fetched(f"http://rebind.test:{port}/plain", allowed=only_ours) as download:
        assert b"".join(download.chunks) == b"hello"
    assert asked.count("rebind.test") == 1
    assert Handler.hosts == [f"rebind.test:{port}"]


@pytest.mark.network
def test_headers_that_drip_meet_the_deadline_too(server):
    started = time.monotonic()
    assert code_of(f"{server}/headers", allowed=only_ours, seconds=0.5) == "url_too_slow"
    assert time.monotonic() - started < 3


@pytest.mark.network
def test_a_body_is_posted_with_its_type(server):
    url = f"{server}/plain"
    found = fetch_bytes(
        url, body=b"asked", content_type="application/ocsp-request", max_bytes=5, allowed=only_ours
    )
    assert found == b"hello"
    assert Handler.sent == [b"asked"]
    assert Handler.types == ["application/ocsp-request"]


@pytest.mark.network
def test_a_body_is_never_sent_on_by_a_redirect(server):
    with pytest.raises(FetchFailed) as refused:
        fetch_bytes(f"{server}/hop/2", body=b"asked", max_bytes=100, allowed=only_ours)
    assert refused.value.code == "too_many_redirects"
    assert Handler.sent == [b"asked"]
    assert fetch_bytes(f"{server}/hop/2", max_bytes=100, allowed=only_ours) == b"hello"


@pytest.mark.network
def test_more_bytes_than_allowed_are_refused_after_decoding(server):
    for path, most in (("plain", 4), ("bomb", 1_000_000)):
        with pytest.raises(FetchFailed) as refused:
            fetch_bytes(f"{server}/{path}", max_bytes=most, allowed=only_ours)
        assert refused.value.code == "too_large"
        assert refused.value.permanent


@pytest.mark.network
def test_only_what_can_heal_is_worth_a_retry(server):
    for path, permanent in (("inside", True), ("other", True), ("hop/3", True), ("missing", False)):
        with pytest.raises(FetchFailed) as refused:
            fetch_bytes(f"{server}/{path}", max_bytes=100, allowed=only_ours)
        assert refused.value.permanent is permanent, path


@pytest.mark.network
def test_by_default_loopback_is_not_asked():
    with pytest.raises(FetchFailed) as refused:
        fetch_bytes("http://127.0.0.1/", body=b"x", max_bytes=1)
    assert refused.value.code == "blocked_address"
