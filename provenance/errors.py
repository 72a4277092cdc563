"""One error tree for provenance: a stable code, a sentence for a person, and whether a retry can help."""


class ProvenanceError(Exception):
    """Base of every error this engine raises.

    `code` is stable and machine-readable; `str(error)` is one sentence for a person; `permanent` says
    that trying again with the same input cannot succeed.
    """

    code = "provenance_error"
    permanent = True

    def __init__(self, sentence: str, *, code: str | None = None) -> None:
        super().__init__(sentence)
        if code is not None:
            self.code = code


class RejectedAsset(ProvenanceError):
    """The bytes handed in break a limit or cannot be read. Codes: see docs/formats/errors.md."""

    code = "rejected_asset"


class InspectionFailed(ProvenanceError):
    """The reader crashed, hung or ran out of memory on this file alone."""

    code = "inspection_failed"


class SigningRefused(ProvenanceError):
    """This content cannot be signed as asked (a broken parent, an unknown source type)."""

    code = "signing_refused"


class SignerUnavailable(ProvenanceError):
    """The key store or the time-stamping authority did not answer; trying later can succeed."""

    code = "signer_unavailable"
    permanent = False


class KeyMaterialInvalid(ProvenanceError):
    """A key or certificate file is missing, unreadable by policy, or does not belong to its pair."""

    code = "key_material_invalid"


class TrustListInvalid(ProvenanceError):
    """A trust list cannot be read, or its name cannot be used."""

    code = "trust_list_invalid"


class FetchFailed(ProvenanceError):
    """An address gave nothing usable, or is one that we do not ask.

    Codes: `url_unreachable`, `url_too_slow`, which a retry can heal; `invalid_url`, `blocked_address`,
    `too_many_redirects`, `too_large`, which it cannot.
    """

    code = "url_unreachable"

    def __init__(self, sentence: str, *, code: str | None = None, permanent: bool = False) -> None:
        super().__init__(sentence, code=code)
        self.permanent = permanent
