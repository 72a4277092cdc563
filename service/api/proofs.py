"""`GET /proofs/{leaf_index}`: the public part of a proof, with which anybody brings theirs further."""

from typing import Any

from django.http import HttpRequest
from ninja import Field, Path, Router, Schema

from service import pipeline
from service.api.schemas import described
from service.api.throttle import Rate

router = Router(tags=["look-up"])


class ProofPart(Schema):
    """The fields of a proof (docs/formats/proof.md) that say nothing of the file: no salt, no digest."""

    state: str
    index: int
    size: int | None = None
    inclusion: list[str] | None = None
    checkpoint: str | None = None
    log: dict[str, str]
    anchors: list[dict[str, Any]] | None = Field(default=None, description="as in the proof bundle")
    timestamps: list[dict[str, str]] | None = None


@router.get(
    "/proofs/{leaf_index}",
    auth=None,
    throttle=Rate("lookup"),
    response=ProofPart,
    exclude_none=True,
    operation_id="proof_part",
    openapi_extra={"responses": described({409: "no such attestation in the log", 429: "too often"})},
)
def proof_part(request: HttpRequest, leaf_index: Path[int]) -> dict[str, Any]:
    """What the log has made public of a leaf: checkpoint, inclusion proof, anchors and their evidence."""
    return pipeline.proof_part(leaf_index)
