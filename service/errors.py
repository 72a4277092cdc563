"""The service's own errors: a stable code, a sentence for a person, and whether a retry can help."""

from attest.errors import AttestError
from detector.errors import DetectorError
from provenance.errors import ProvenanceError


class ServiceError(Exception):
    """A request that cannot be served as asked; `code` is stable, `permanent` says a retry cannot help."""

    def __init__(self, code: str, sentence: str, *, permanent: bool = True) -> None:
        super().__init__(sentence)
        self.code = code
        self.permanent = permanent


KnownError = ProvenanceError | AttestError | DetectorError | ServiceError
KNOWN_ERRORS: tuple[type[KnownError], ...] = (ProvenanceError, AttestError, DetectorError, ServiceError)
