"""A tiny OpenTimestamps calendar on loopback: the real protocol, and a block that it is told of."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from opentimestamps.core.notary import BitcoinBlockHeaderAttestation, PendingAttestation
from opentimestamps.core.op import OpAppend, OpPrepend, OpSHA256
from opentimestamps.core.serialize import BytesSerializationContext
from opentimestamps.core.timestamp import Timestamp


class Calendar:
    """Commits to digests at once; `height` is the block that holds them all, None while there is none."""

    def __init__(self) -> None:
        self.height: int | None = None
        self.answer: bytes | None = None
        self.asked: list[str] = []
        calendar = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                digest = self.rfile.read(int(self.headers["Content-Length"]))
                calendar.asked.append(self.path)
                self.send(200, calendar.answer or calendar.commit(digest))

            def do_GET(self) -> None:
                calendar.asked.append(self.path)
                commitment = bytes.fromhex(self.path.removeprefix("/timestamp/"))
                found = calendar.block(commitment)
                self.send(200 if found else 404, found or b"Pending confirmation in Bitcoin blockchain")

            def send(self, status: int, content: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Its address, which is also what its proofs name."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def commit(self, digest: bytes) -> bytes:
        """A pending timestamp of a digest."""
        whole = Timestamp(digest)
        node = whole.ops.add(OpPrepend(b"time")).ops.add(OpSHA256())
        node.attestations.add(PendingAttestation(self.url))
        return serialized(whole)

    def block(self, commitment: bytes) -> bytes | None:
        """The rest of the way into the block, if there is one."""
        if self.height is None:
            return None
        whole = Timestamp(commitment)
        node = whole.ops.add(OpAppend(b"sibling")).ops.add(OpSHA256())
        node.attestations.add(BitcoinBlockHeaderAttestation(self.height))
        return serialized(whole)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def serialized(timestamp: Timestamp) -> bytes:
    """A timestamp as a calendar sends it."""
    context = BytesSerializationContext()
    timestamp.serialize(context)
    return context.getbytes()
