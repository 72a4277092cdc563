"""An endpoint that passes questions on to an honest one and may do anything with the answers."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

Spoil = Callable[[str, list[Any], Callable[..., Any]], Any]
"""(method, params, honest) → what is answered; `honest(*params)` asks the node behind."""


class Raw(Exception):
    """Answer these bytes instead of JSON-RPC."""

    def __init__(self, body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> None:
        super().__init__()
        self.body, self.status, self.headers = body, status, headers or {}


class Refusal(Exception):
    """Answer this JSON-RPC error."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__()
        self.error = error


class Hostile:
    """A loopback server in front of the node at `behind`; `spoil` may be changed while it runs."""

    def __init__(self, behind: str, spoil: Spoil | None = None) -> None:
        self.behind, self.spoil = behind, spoil
        self.asked: list[str] = []
        self.stop = threading.Event()
        self.shift = 0  # added to the id of each answer
        self._session = requests.Session()
        self._session.trust_env = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/secret"

    def close(self) -> None:
        self.stop.set()
        self._server.shutdown()
        self._server.server_close()
        self._session.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, headers = 200, {}
                try:
                    answer = [outer._answer(one) for one in asked] if isinstance(asked, list) else None
                    body = json.dumps(outer._answer(asked) if answer is None else answer).encode()
                except Raw as raw:
                    body, status, headers = raw.body, raw.status, raw.headers
                try:
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    return  # the other side had enough of it

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def _answer(self, question: dict[str, Any]) -> dict[str, Any]:
        method, params = question["method"], question["params"]
        self.asked.append(method)

        def honest(*others: Any, method: str = method) -> Any:
            asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(others)}
            answer = self._session.post(self.behind, json=asked, timeout=20).json()
            if "error" in answer:
                raise Refusal(answer["error"])
            return answer["result"]

        frame = {"jsonrpc": "2.0", "id": question["id"] + self.shift}
        try:
            answer = self.spoil(method, params, honest) if self.spoil else honest(*params)
        except Refusal as refusal:
            return frame | {"error": refusal.error}
        return frame | {"result": answer}


def lagging(blocks: int) -> Spoil:
    """An honest node that has not seen the newest `blocks` blocks."""

    def spoil(method: str, params: list[Any], honest: Callable[..., Any]) -> Any:
        head = max(0, int(honest(method="eth_blockNumber"), 16) - blocks)
        if method == "eth_blockNumber":
            return hex(head)
        if method == "eth_getBlockByNumber" and params[0] != "latest":
            block = honest(*params)
            late = block is not None and int(block["number"], 16) > head
            return honest(hex(head), False) if late and params[0] == "finalized" else None if late else block
        if method == "eth_getTransactionReceipt":
            receipt = honest(*params)
            return None if receipt and int(receipt["blockNumber"], 16) > head else receipt
        return honest(*[hex(head) if each == "latest" else each for each in params])

    return spoil


def lying(about: str, lie: Any) -> Spoil:
    """A node that answers one method with `lie` (or `lie(honest answer)`), and everything else honestly."""

    def spoil(method: str, params: list[Any], honest: Callable[..., Any]) -> Any:
        if method != about:
            return honest(*params)
        return lie(honest(*params)) if callable(lie) else lie

    return spoil
