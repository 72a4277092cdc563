"""`POST /verifications`: everything we can say of some content, with nothing stored. Open to everybody."""

import math
from pathlib import Path

from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from service import pipeline
from service.api.auth import OptionalKey
from service.api.content import content, digest, fields_of, file_of, only_one
from service.api.errors import ApiError
from service.api.schemas import Report, answer, body, described
from service.api.throttle import Rate

router = Router(tags=["verifications"])
MAX_STORE_BYTES = 16 * 1024 * 1024


# What makes this service call others: each such call may hold a thread for many seconds, and strangers could
# point it at a third party. A tenth of the ordinary rate is plenty.
_OUTGOING = Rate("outgoing", share=10)


class Asked(Schema):
    """What may be verified beside a file (exactly one of them, or the file), and whether others are asked."""

    text: str | None = None
    url: str | None = None
    sha256: str | None = None
    remote: bool = False
    revocation: bool = False

    @property
    def contents(self) -> dict[str, str | None]:
        """The content, whichever way it came."""
        return {"text": self.text, "url": self.url, "sha256": self.sha256}


_BODY = body(
    remote={
        "type": "boolean",
        "default": False,
        "description": "fetch the credential where the content only names its address; one tenth of the rate",
    },
    revocation={
        "type": "boolean",
        "default": False,
        "description": "ask the signer's authority whether it revoked the certificate (OCSP); one tenth of "
        "the rate",
    },
    manifest={"type": "string", "format": "binary", "description": "multipart only: a detached C2PA store"},
    text={"type": "string"},
    url={"type": "string", "format": "uri"},
    sha256={"type": "string", "pattern": "^[0-9a-fA-F]{64}$"},
)


def _sidecar(request: HttpRequest) -> Path | None:
    """The detached manifest store that came along, as Django's own temporary file."""
    given = file_of(request, "manifest")
    if given is None:
        return None
    if given.size is None or given.size > MAX_STORE_BYTES:
        raise ApiError("too_large", f"A manifest store has at most {MAX_STORE_BYTES:,} bytes.")
    if not isinstance(given, TemporaryUploadedFile):
        raise ApiError("unsupported_content_type", "The manifest must be sent as a file.")
    return Path(given.temporary_file_path())


@router.post(
    "",
    auth=OptionalKey("verify"),
    throttle=Rate("verify"),
    response=Report,
    operation_id="verify",
    openapi_extra={
        "requestBody": _BODY,
        "security": [],
        "responses": described(
            {413: "too large", 415: "kind not taken", 422: "content refused", 429: "too often"}
        ),
    },
)
def verify(request: HttpRequest) -> HttpResponse:
    """Verify a file, a text, an address or a digest. Stores nothing, and asks nobody unless told to."""
    asked = fields_of(request, Asked)
    if asked.sha256 is not None:
        only_one({"file": file_of(request, "file"), **asked.contents})
        return answer(pipeline.lookup(digest(asked.sha256)))
    if (asked.remote or asked.revocation) and not _OUTGOING.allow_request(request):
        sentence = "Too many calls that ask others; wait as many seconds as Retry-After says."
        raise ApiError("rate_limited", sentence, retry_after=math.ceil(_OUTGOING.wait()))
    with content(request, asked.text, asked.url) as asset:
        store = _sidecar(request)
        return answer(pipeline.verify(asset, store, remote=asked.remote, revocation=asked.revocation))
