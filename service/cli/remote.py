"""Attesting through another machine's REST API (DESIGN section 3)."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from service.cli.outputs import Outputs, write_embedded, write_sidecar
from service.cli.progress import Steps
from service.cli.safe import safe
from service.errors import ServiceError
from service.wishes import Wishes

STOPPED = frozenset({"held", "refused", "failed"})
WITH_PROOF = frozenset({"logged", "anchored"})
POLL_SECONDS = 0.5
UPLOAD_TRIES = 3
CHUNK = 1024 * 1024
ATTESTATIONS = "/api/v1/attestations"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked beside the bytes. `until` is `logged` or `anchored`; `patience` in seconds."""

    source_type: str
    title: str
    until: str = "anchored"
    wishes: Wishes = field(default_factory=Wishes)
    patience: float = 300.0


class Server:
    """One Assay service and a key for it. The key goes into a header only, never into an address or a log.

    Every method raises ServiceError with the server's own code, or `server_unreachable`.
    """

    def __init__(self, url: str, key: str, client: httpx.Client | None = None) -> None:
        self._http = client or httpx.Client(
            base_url=url.rstrip("/"),
            headers={"Authorization": f"Bearer {key}"},
            timeout=httpx.Timeout(60.0, connect=10.0),
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def attest(self, path: Path, wish: Wish, folder: Path, steps: Steps) -> tuple[dict[str, Any], Outputs]:
        """Upload, wait until it is logged or anchored, and bring home the signed file and the proof."""
        steps.note(f"uploading {path.name}")
        known = self._upload(path, wish)
        status = self._wait(known["id"], wish, steps)
        proof = self._bytes(f"{ATTESTATIONS}/{known['id']}/proof").decode()
        if status.get("embedded", True):
            with self._stream(f"{ATTESTATIONS}/{known['id']}/asset") as chunks:
                return status, write_embedded(path, folder, chunks, proof)
        with self._stream(f"{ATTESTATIONS}/{known['id']}/manifest") as chunks:
            return status, write_sidecar(path, folder, chunks, proof)

    def _upload(self, path: Path, wish: Wish) -> dict[str, Any]:
        # One key for all tries: an upload whose answer was lost is not attested twice.
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        fields = {"source_type": wish.source_type, "title": wish.title, **wish.wishes.as_dict()}
        for tries_left in reversed(range(UPLOAD_TRIES)):
            try:
                with path.open("rb") as file:
                    return self._json(
                        self._http.post(
                            ATTESTATIONS,
                            data=fields,
                            files={"file": (path.name, file)},
                            headers=headers,
                        )
                    )
            except httpx.TransportError as error:
                if not tries_left:
                    raise _unreachable(error) from error
                time.sleep(POLL_SECONDS)
        raise AssertionError

    def _wait(self, submission: str, wish: Wish, steps: Steps) -> dict[str, Any]:
        deadline = time.monotonic() + wish.patience
        while True:
            status = self._get_json(f"{ATTESTATIONS}/{submission}")
            state = str(status.get("state"))
            steps.note(f"{wish.title}: {state}")
            if state in (wish.until, "anchored"):
                return status
            if state in STOPPED:
                raise ServiceError(f"attestation_{state}", _why(status, state))
            if time.monotonic() > deadline:
                if state in WITH_PROOF:
                    return status
                raise ServiceError(
                    "not_in_time",
                    f"The attestation {submission} is still {state} after {wish.patience:.0f} s.",
                    permanent=False,
                )
            time.sleep(POLL_SECONDS)

    def _get_json(self, path: str) -> dict[str, Any]:
        try:
            return self._json(self._http.get(path))
        except httpx.TransportError as error:
            raise _unreachable(error) from error

    def _bytes(self, path: str) -> bytes:
        with self._stream(path) as chunks:
            return b"".join(chunks)

    @contextmanager
    def _stream(self, path: str) -> Iterator[Iterator[bytes]]:
        try:
            with self._http.stream("GET", path) as response:
                if response.is_error:
                    response.read()
                self._checked(response)
                yield response.iter_bytes(CHUNK)
        except httpx.TransportError as error:
            raise _unreachable(error) from error

    def _json(self, response: httpx.Response) -> dict[str, Any]:
        self._checked(response)
        try:
            body = response.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise ServiceError("not_an_assay_server", "The answer is not JSON; is it an Assay service?")
        return body

    def _checked(self, response: httpx.Response) -> None:
        """Raise ServiceError for any answer that is no success, with the problem's code (RFC 9457)."""
        if response.is_success:
            return
        try:
            problem = response.json()
        except ValueError:
            problem = None
        if not isinstance(problem, dict) or "code" not in problem:
            raise ServiceError("not_an_assay_server", f"The server answered HTTP {response.status_code}.")
        sentence = problem.get("detail") or problem.get("title") or f"HTTP {response.status_code}"
        raise ServiceError(safe(problem["code"]), safe(sentence), permanent=response.status_code < 500)


def _why(status: dict[str, Any], state: str) -> str:
    reasons = status.get("reasons") or [{}]
    sentence = status.get("error") or reasons[0].get("sentence") or f"The server left it {state}."
    return safe(sentence if isinstance(sentence, str) else sentence.get("detail", state))


def _unreachable(error: httpx.TransportError) -> ServiceError:
    kind = type(error).__name__
    return ServiceError("server_unreachable", f"The server cannot be reached ({kind}).", permanent=False)
