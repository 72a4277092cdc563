"""An OCSP responder (RFC 6960) and a time-stamping authority (RFC 3161) on loopback HTTP, for tests.

    with OcspResponder(authority) as responder:
        signer = authority.issue(Leaf(ocsp_url=responder.url))
        responder.answer = Answer.REVOKED
    with TimeStampAuthority(authority, tmp_path) as tsa:
        claim_signer = signer.claim_signer(tsa.url)
        tsa.state = Stamping.DOWN

A test that uses one is marked `network`.
"""

import shutil
import subprocess
import threading
import time
from datetime import datetime
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.pki import Answer, Authority, KeyKind, Leaf, ocsp_response, pem, stand_in

_TSA_CONFIGURATION = """
[tsa]
default_tsa = authority
[authority]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/chain.pem
certs = {folder}/intermediate.pem
signer_key = {folder}/signer.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = yes
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class LoopbackServer:
    """An HTTP server on 127.0.0.1 in a thread; `asked` holds the path and body of each request."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bytes]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                server.asked.append((self.path, body))
                made = server.reply(body)
                if made is None:
                    self.close_connection = True
                    return
                status, content_type, content = made
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST  # noqa: N815 - the name that http.server looks for

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    def reply(self, body: bytes) -> tuple[int, str, bytes] | None:
        """Status, content type and content; None hangs up."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class OcspResponder(LoopbackServer):
    """Answers for whatever `authority` issued as `answer` and `revoked_at` say, `delay` seconds late."""

    def __init__(self, authority: Authority) -> None:
        super().__init__()
        self.answer, self.delay = Answer.GOOD, 0.0
        self.revoked_at: datetime | None = None
        self._authority = authority

    def reply(self, body: bytes) -> tuple[int, str, bytes] | None:
        """The response, from the serial number alone: the certificate itself is not in a request."""
        time.sleep(self.delay)
        if self.answer is Answer.DOWN:
            return None
        request = ocsp.load_der_ocsp_request(body)
        asked = stand_in(self._authority, request.serial_number)
        content = ocsp_response(
            self._authority,
            asked,
            self.answer,
            revoked_at=self.revoked_at,
            algorithm=request.hash_algorithm,
        )
        return 200, "application/ocsp-response", content


class Stamping(StrEnum):
    """How a time-stamping authority fares."""

    UP = "up"
    DOWN = "down"
    ERROR = "error"
    GARBAGE = "garbage"


class TimeStampAuthority(LoopbackServer):
    """`openssl ts -reply` behind loopback HTTP, with a certificate of `authority`; skips without openssl."""

    def __init__(self, authority: Authority, folder: Path, kind: KeyKind = KeyKind.P256) -> None:
        if shutil.which("openssl") is None:
            pytest.skip("openssl is not installed; it answers time-stamp requests in this test")
        super().__init__()
        self.state, self.delay = Stamping.UP, 0.0
        usages = (ExtendedKeyUsageOID.TIME_STAMPING,)
        self.signer = authority.issue(Leaf("Time stamping", kind=kind, usages=usages))
        self._folder = self.signer.write(folder / f"tsa-{self._server.server_port}")
        (self._folder / "intermediate.pem").write_bytes(pem(authority.intermediate))
        (self._folder / "serial").write_text("01\n")
        (self._folder / "tsa.cnf").write_text(_TSA_CONFIGURATION.format(folder=self._folder))
        self._lock = threading.Lock()

    def reply(self, body: bytes) -> tuple[int, str, bytes] | None:
        """The time-stamp response."""
        time.sleep(self.delay)
        if self.state is Stamping.DOWN:
            return None
        if self.state is Stamping.ERROR:
            return 500, "text/plain", b"out of order"
        content = b"no time stamp at all" if self.state is Stamping.GARBAGE else self._stamp(body)
        return 200, "application/timestamp-reply", content

    def _stamp(self, query: bytes) -> bytes:
        # One at a time: the serial number is a file.
        with self._lock:
            asked, answered = self._folder / "query.tsq", self._folder / "reply.tsr"
            asked.write_bytes(query)
            subprocess.run(
                [
                    *("openssl", "ts", "-reply", "-config", self._folder / "tsa.cnf"),
                    *("-queryfile", asked, "-out", answered),
                ],
                check=True,
                capture_output=True,
            )
            return answered.read_bytes()
