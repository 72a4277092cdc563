"""One error tree for attest: a stable code, a sentence for a person, and whether a retry can help."""


class AttestError(Exception):
    """Base of every error this engine raises; `permanent` says that a retry cannot succeed."""

    code = "attest_error"
    permanent = True

    def __init__(self, sentence: str, *, code: str | None = None) -> None:
        super().__init__(sentence)
        if code is not None:
            self.code = code


class ProofInvalid(AttestError):
    """A proof, note, checkpoint or leaf is malformed or does not add up."""

    code = "proof_invalid"


class LogInconsistent(AttestError):
    """The stored log contradicts itself; nothing may be sealed until an operator looks."""

    code = "log_inconsistent"


class ChainUnavailable(AttestError):
    """The RPC endpoint did not answer, or answered something that is no answer."""

    code = "chain_unavailable"
    permanent = False


class ChainDisagreement(ChainUnavailable):
    """Endpoints of one chain contradict each other, and no two of them agree."""

    code = "chain_disagreement"


class ChainMismatch(AttestError):
    """The RPC endpoint serves another chain, or no registry lives at the address given."""

    code = "chain_mismatch"


class RegistryRefused(AttestError):
    """The contract reverted: shrinking, equivocation or an inconsistent root."""

    code = "registry_refused"
