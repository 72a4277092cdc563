"""Exact-hash look-up: by prefix, so that nobody learns which file was meant, and by list of digests.

`GET /range/{5 hex}` is a plain Django view: it is the busiest address there is, and caches keep it.
"""

import hashlib
import json
import re
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.http import require_safe
from ninja import Field, Router, Schema

from attest.queries import Known, known_among, known_under
from service.api.content import digest, fields_of
from service.api.errors import ApiError
from service.api.schemas import described
from service.api.throttle import Rate

router = Router(tags=["look-up"])
MAX_DIGESTS = 1000
CACHE = "public, max-age=30"
_PREFIX = re.compile(r"[0-9a-fA-F]{5}")


def _status(known: Known) -> str:
    return "revoked" if known.revoked else "attested"


@require_safe
def by_prefix(request: HttpRequest, prefix: str) -> HttpResponse:
    """Every attested digest that starts with `prefix`, as lines of `SUFFIX STATUS LEAF` or as JSON.

    Raises ApiError `invalid_prefix`.
    """
    if not _PREFIX.fullmatch(prefix):
        raise ApiError("invalid_prefix")
    found = [(known.digest[5:], _status(known), known.leaf_index) for known in known_under(prefix.lower())]
    if "application/json" in request.headers.get("Accept", ""):
        entries = [{"suffix": suffix, "status": status, "leaf_index": leaf} for suffix, status, leaf in found]
        data = json.dumps({"prefix": prefix.lower(), "suffixes": entries}, separators=(",", ":")).encode()
        kind = "application/json"
    else:
        data = "".join(f"{suffix} {status} {leaf}\n" for suffix, status, leaf in found).encode()
        kind = "text/plain; charset=utf-8"
    response = HttpResponse(data, content_type=kind)
    response["Cache-Control"] = CACHE
    response["ETag"] = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    patch_vary_headers(response, ("Accept",))
    return get_conditional_response(request, etag=response["ETag"], response=response) or response


class Digests(Schema):
    """Up to a thousand SHA-256 digests in hex."""

    sha256: list[str] = Field(min_length=1, max_length=MAX_DIGESTS)


class Found(Schema):
    """What the log knows of one digest."""

    sha256: str
    status: Literal["attested", "revoked", "none"]
    leaf_index: int | None


class Answers(Schema):
    """One answer a digest, in the order asked."""

    results: list[Found]


@router.post(
    "/lookup",
    auth=None,
    throttle=Rate("lookup"),
    response=Answers,
    operation_id="lookup",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Digests"}}},
        },
        "responses": described({422: "a malformed digest", 429: "too often"}),
    },
)
def lookup(request: HttpRequest) -> dict[str, Any]:
    """What the log knows of these digests. This tells us which ones; `/range` does not."""
    asked = [digest(text) for text in fields_of(request, Digests).sha256]
    known = {one.digest: one for one in known_among(asked)}
    return {
        "results": [
            {"sha256": one, "status": _status(known[one]), "leaf_index": known[one].leaf_index}
            if one in known
            else {"sha256": one, "status": "none", "leaf_index": None}
            for one in asked
        ]
    }
