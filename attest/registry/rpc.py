"""JSON-RPC 2.0 over HTTP, distrusting the endpoint: a deadline, a size cap, an error for every non-answer.

Sentences name only the endpoint's host, since the paths of RPC addresses often hold an API key.
"""

import itertools
import json
import threading
import time
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3

from attest.errors import ChainUnavailable

MAX_ANSWER_BYTES = 16 * 1024 * 1024
REVERTED = 3  # the JSON-RPC code of geth and those who follow it
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class RpcRefusal(ChainUnavailable):
    """The endpoint understood and answered with a JSON-RPC error object."""

    code = "chain_refused"

    def __init__(self, sentence: str, rpc_code: int, data: str) -> None:
        super().__init__(sentence)
        self.rpc_code = rpc_code
        self.data = data

    @property
    def reverted(self) -> bool:
        """Is this what the contract said, and not that the node would not do it?"""
        return bool(self.data) or self.rpc_code == REVERTED or "revert" in str(self)


class TooManyRequests(ChainUnavailable):
    """HTTP 429; `seconds` is for how long the endpoint asks to be left alone, None where it does not say."""

    def __init__(self, sentence: str, seconds: int | None) -> None:
        super().__init__(sentence)
        self.seconds = seconds


class RpcEndpoint:
    """One RPC address. Safe to share between threads; each thread keeps its own connection.

    `timeout` is the number of seconds that one call may take from its start to its last byte, and
    `most_bytes` how much of an answer is read.
    """

    def __init__(self, url: str, timeout: float = 10.0, most_bytes: int = MAX_ANSWER_BYTES) -> None:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            parts, host, port = urlsplit(""), None, None
        if parts.scheme not in {"http", "https"} or not host:
            raise ChainUnavailable(
                "The chain's RPC address must begin with http:// or https:// and name a host."
            )
        self._url = url
        self._host = host
        self.name = f"{parts.scheme}://{host}" + (f":{port}" if port else "")
        self._timeout = timeout
        self._most_bytes = most_bytes
        self._ids = itertools.count(1)
        self._local = threading.local()
        self._sessions: list[requests.Session] = []

    def close(self) -> None:
        """Close every thread's connection."""
        for session in self._sessions:
            session.close()
        self._sessions.clear()
        self._local = threading.local()

    def call(self, method: str, *params: Any) -> Any:
        """One call's `result`. Raises RpcRefusal for an error answer, ChainUnavailable for none."""
        request = self._request(method, params)
        return self._result(self._exchange(request), request["id"])

    def batch(self, calls: list[tuple[str, tuple[Any, ...]]]) -> list[Any]:
        """Results in the order of `calls`, in one round trip. Raises like `call`, for the first failure."""
        if not calls:
            return []
        asked = [self._request(method, params) for method, params in calls]
        answers = self._exchange(asked)
        if not isinstance(answers, list):
            # An endpoint without batches answers with one error object.
            self._result(answers, None)
            raise ChainUnavailable(
                f"The chain at {self.name} answered a batch with something that is no batch."
            )
        by_id = {answer.get("id"): answer for answer in answers if isinstance(answer, dict)}
        return [self._result(by_id.get(request["id"]), request["id"]) for request in asked]

    def _request(self, method: str, params: tuple[Any, ...]) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": list(params)}

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            # A proxy of the environment must not come between us and a chain on this machine.
            session.trust_env = self._host not in _LOOPBACK
            # The cap below counts bytes as they come, so nothing may be packed.
            session.headers["Accept-Encoding"] = "identity"
            self._local.session = session
            self._sessions.append(session)
        return session

    def _exchange(self, body: Any) -> Any:
        deadline = time.monotonic() + self._timeout
        try:
            # No redirects: a chain does not move, and one would turn the POST into a GET.
            with self._session().post(
                self._url, json=body, timeout=self._timeout, stream=True, allow_redirects=False
            ) as response:
                raw = self._read(response, deadline)
        except (requests.Timeout, urllib3.exceptions.TimeoutError) as error:
            raise ChainUnavailable(
                f"The chain at {self.name} did not answer in {self._timeout:g} s."
            ) from error
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise ChainUnavailable(f"The chain at {self.name} cannot be reached.") from error
        try:
            return json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise ChainUnavailable(
                f"The chain at {self.name} answered with something that is not JSON; is it an RPC address?"
            ) from error

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        if response.status_code == requests.codes.too_many_requests:
            wait = response.headers.get("Retry-After", "")
            seconds = int(wait) if wait.isascii() and wait.isdigit() and len(wait) < 9 else None
            later = "" if seconds is None else f" for {seconds} s"
            raise TooManyRequests(
                f"The chain at {self.name} asks us to hold back{later}: too many requests.", seconds
            )
        body = bytearray()
        # read1 gives what has come; iter_content would wait for a whole piece and never see the deadline.
        while piece := response.raw.read1(65_536, decode_content=False):
            body += piece
            if len(body) > self._most_bytes:
                raise ChainUnavailable(f"The chain at {self.name} answered with more than we read.")
            if time.monotonic() > deadline:
                raise ChainUnavailable(f"The chain at {self.name} did not finish in {self._timeout:g} s.")
        # Some nodes send a JSON-RPC error with a 4xx or 5xx status: that is an answer, an HTML page is none.
        if response.status_code != requests.codes.ok and not body.lstrip().startswith(b"{"):
            raise ChainUnavailable(f"The chain at {self.name} answered HTTP {response.status_code}.")
        return bytes(body)

    def _result(self, answer: Any, request_id: int | None) -> Any:
        if not isinstance(answer, dict):
            raise ChainUnavailable(f"The chain at {self.name} did not answer as JSON-RPC does.")
        error = answer.get("error")
        if error is not None:
            raise self._refusal(error)
        if answer.get("id") != request_id:
            raise ChainUnavailable(f"The chain at {self.name} answered another question than ours.")
        if "result" not in answer:
            raise ChainUnavailable(f"The chain at {self.name} answered with neither a result nor an error.")
        return answer["result"]

    def _refusal(self, error: Any) -> RpcRefusal:
        if not isinstance(error, dict):
            return RpcRefusal(f"The chain at {self.name} refused without saying why.", 0, "")
        code, data = error.get("code"), error.get("data")
        said = str(error.get("message", ""))[:200]
        # It ends up in logs and on terminals.
        message = "".join(letter if letter.isprintable() else "?" for letter in said)
        return RpcRefusal(
            f"The chain at {self.name} refused: {message}",
            code if isinstance(code, int) else 0,
            data if isinstance(data, str) else "",
        )
