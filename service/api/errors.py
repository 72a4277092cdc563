"""Every error code a caller can meet, with its HTTP status: the one table between engines and the wire.

docs/formats/errors.md explains each code to a person; a test holds the two equal.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from service.errors import KNOWN_ERRORS, KnownError

CONTENT_TYPE = "application/problem+json"

# What was sent is at fault: sending the same again gives the same answer.
_REQUEST = {
    "invalid_request": (422, "The request does not have the shape this call takes"),
    "malformed_body": (400, "The request body cannot be read"),
    "malformed_multipart": (400, "The multipart body cannot be read"),
    "upload_interrupted": (400, "The upload broke off"),
    "missing_content": (422, "Nothing was sent to work on"),
    "invalid_text": (422, "The text is not valid Unicode"),
    "invalid_name": (422, "The name cannot be used"),
    "invalid_digest": (422, "A digest is 64 hexadecimal digits of SHA-256"),
    "invalid_prefix": (422, "A prefix is 5 hexadecimal digits"),
    "invalid_cursor": (422, "The cursor was not handed out by this list"),
    "invalid_idempotency_key": (422, "The Idempotency-Key cannot be used"),
    "unknown_source_type": (422, "The source type is not one of those known"),
    "unknown_training_choice": (422, "The training choice is not one of those known"),
    "unknown_parent": (422, "A parent is not an attestation of yours that is signed"),
    "unknown_scope": (422, "The scope is not one of those known"),
    "unsupported_content_type": (415, "The request's Content-Type is not one this call takes"),
    "url_unreachable": (422, "The address did not give anything usable"),
    "invalid_url": (422, "The address cannot be fetched"),
    "blocked_address": (422, "The address points where this service does not go"),
    "too_many_redirects": (422, "The address redirects too often"),
    "invalid_webhook_url": (422, "The webhook's address cannot be used"),
    "url_too_slow": (422, "The address answered too slowly"),
}

# The content is at fault.
_CONTENT = {
    "empty_file": (400, "The file is empty"),
    "too_large": (413, "The upload is larger than this service takes"),
    "type_not_allowed": (415, "This kind of content is not taken"),
    "truncated_file": (422, "The file ends before its content does"),
    "malformed_media": (422, "The file's structure is broken"),
    "malformed_text": (422, "The text is not valid Unicode"),
    "active_content": (422, "The file carries script or external content"),
    "unreadable_file": (422, "The file cannot be read"),
    "too_many_pixels": (422, "The picture is larger than this service decodes"),
    "too_many_frames": (422, "The animation has more frames than this service decodes"),
    "rejected_asset": (422, "The file cannot be taken"),
    "decision_invalid": (422, "There is nothing to decide between these two"),
    "bank_entry_invalid": (422, "No bank can take this"),
    "media_unreadable": (422, "The content cannot be decoded"),
    "unreadable_image": (422, "The picture cannot be decoded"),
    "unreadable_text": (422, "The text cannot be decoded"),
    "decoder_crashed": (422, "The content crashed its decoder"),
    "decode_timeout": (422, "Decoding the content took too long"),
    "too_much_memory": (422, "Decoding the content takes too much memory"),
    "unreadable_media": (422, "The file is no audio or video that this service reads"),
    "unreadable_audio": (422, "The audio cannot be decoded"),
    "unreadable_video": (422, "The video cannot be decoded"),
    "media_too_long": (422, "The audio or video is longer than this service decodes"),
    "no_audio": (422, "The file has no audio track"),
    "no_video": (422, "The file has no video track"),
    "binding_malformed": (400, "The soft binding cannot be read"),
    "binding_unknown": (400, "Nothing is kept by this soft-binding algorithm"),
    "inspection_failed": (422, "The content credential could not be read"),
    "inspection_timeout": (422, "Reading the content credential took too long"),
    "inspection_crashed": (422, "The content credential could not be read"),
    "report_too_large": (422, "The content credential says more than this service reads"),
    "malformed_store": (422, "The manifest store's structure is broken"),
    "malformed_cbor": (422, "The manifest's structure is broken"),
    "broken_parent": (422, "The content carries a credential that does not match it"),
    "text_already_signed": (422, "The text already carries a content credential"),
    "text_not_utf8": (422, "Only a text in UTF-8 can carry its credential"),
    "text_not_normalised": (422, "The text is not in Unicode normal form C"),
    "unsignable_media": (422, "This content cannot carry a content credential"),
    "content_changed": (422, "Signing changed the content itself"),
    "too_many_parents": (422, "There are more parents than a manifest takes"),
    "signing_refused": (422, "This content cannot be signed as asked"),
    "proof_invalid": (422, "The proof is malformed or does not add up"),
}

# Who is asking, for what, how often.
_CALLER = {
    "unauthenticated": (401, "This call needs a key or a login"),
    "forbidden": (403, "This key or account may not do that"),
    "csrf_failed": (403, "The request did not come from our own page"),
    "not_found": (404, "There is nothing here"),
    "method_not_allowed": (405, "This address does not take that method"),
    "rate_limited": (429, "Too many requests"),
    "bad_request": (400, "The request cannot be understood"),
    "length_required": (411, "The body's length must be declared"),
}

# Right request, wrong moment.
_STATE = {
    "idempotency_conflict": (409, "The Idempotency-Key was used for another request"),
    "proof_not_ready": (409, "There is no proof yet"),
    "not_signed_yet": (409, "There is no signed file yet"),
    "recheck_impossible": (409, "This verdict cannot be made again"),
    "not_held": (409, "This attestation is not held for review"),
    "own_submission": (403, "One does not decide one's own submission"),
    "refused_by_reviewer": (409, "A moderator refused this attestation"),
    "leaf_not_revocable": (409, "This entry of the log cannot be revoked"),
    "leaf_unknown": (409, "The log has no such entry"),
    "nothing_to_revoke": (409, "There is nothing to revoke yet"),
}

# Our side is at fault.
_SERVICE = {
    "internal_error": (500, "Something went wrong on our side"),
    "internal_state": (500, "Something went wrong on our side"),
    "log_inconsistent": (503, "The log is stopped until an operator looks at it"),
    "database_unavailable": (503, "The database does not answer"),
    "chain_unavailable": (503, "The chain does not answer"),
    "chain_disagreement": (503, "The chain's endpoints contradict each other"),
    "chain_mismatch": (503, "The chain is not the one configured"),
    "chain_refused": (503, "The chain refused the transaction"),
    "registry_refused": (503, "The registry refused the transaction"),
    "registry_answer_unreadable": (503, "The registry's answer cannot be read"),
    "spend_ceiling_reached": (503, "The spending limit for the chain is reached"),
    "signer_unavailable": (503, "The signing key does not answer"),
    "key_material_invalid": (503, "The service's keys are not usable"),
    "decoder_unavailable": (503, "No decoder process can be started"),
    "model_unavailable": (503, "The model is not loaded"),
    "index_unavailable": (503, "The vector database does not answer"),
    "calibration_invalid": (503, "The installation's own thresholds cannot be used"),
    "snapshot_invalid": (503, "An index is being rebuilt"),
    "storage_failed": (503, "The storage does not answer"),
    "asset_missing": (503, "The stored content is missing"),
    "digest_mismatch": (503, "The content changed while it was stored"),
    "tsa_unavailable": (503, "The time-stamping authority does not answer"),
    "sdk_missing": (503, "The content credentials' library is missing"),
    "sdk_too_old": (503, "The content credentials' library is too old to be safe"),
    "log_key_unusable": (503, "The log's key is not usable"),
    "anchor_key_unusable": (503, "The chain's key is not usable"),
    "transaction_pending": (503, "A transaction is still on its way to the chain"),
    "worker_died": (503, "The worker on this died too often"),
    "storage_full": (507, "The storage is full"),
}


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """One row of the table: the stable code, its HTTP status, and a title that is the same every time."""

    code: str
    status: int
    title: str


TABLE: dict[str, ErrorKind] = {
    code: ErrorKind(code, status, title)
    for part in (_REQUEST, _CONTENT, _CALLER, _STATE, _SERVICE)
    for code, (status, title) in part.items()
}


class ApiError(Exception):
    """A request this layer itself turns down; `code` is in TABLE.

    `fields` names the parts of the request at fault, each with a sentence; `retry_after` is in seconds.
    """

    def __init__(
        self,
        code: str,
        sentence: str = "",
        *,
        fields: tuple[tuple[str, str], ...] = (),
        retry_after: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(sentence or TABLE[code].title + ".")
        self.code = code
        self.fields = fields
        self.retry_after = retry_after
        self.headers = headers or {}


def kind_of(error: KnownError | ApiError) -> ErrorKind:
    """The row for an error. A code without one stands where its class does, else it is the sender's fault if
    permanent and ours for now if not.
    """
    row = TABLE.get(error.code)
    if row is not None:
        return row
    family = TABLE.get(getattr(type(error), "code", ""))
    if family is not None:
        return ErrorKind(error.code, family.status, family.title)
    permanent = isinstance(error, ApiError) or error.permanent
    if permanent:
        return ErrorKind(error.code, 422, "This cannot be done")
    return ErrorKind(error.code, 503, "This cannot be done now")


def document(kind: ErrorKind, detail: str, instance: str, **more: Any) -> dict[str, Any]:
    """The members of RFC 9457 section 3.1, then `code` and whatever the code documents."""
    return {
        "type": f"/api/v1/problems/{quote(kind.code, safe='')}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "code": kind.code,
        "instance": instance,
        **more,
    }


__all__ = ["CONTENT_TYPE", "KNOWN_ERRORS", "TABLE", "ApiError", "ErrorKind", "document", "kind_of"]
