"""Before `up` starts anything: may the signing key be used, and does it answer?

Run as `python -m service.supervisor.signer_check`, in a process of its own, so that the SDK, a token's module
and an operator's signing function take no memory in the supervisor, and a log-in to a token ends with it.
"""

import os
import subprocess
import sys
from pathlib import Path

from provenance.errors import ProvenanceError, SignerUnavailable
from service.settings.env import PROJECT, Config, read
from service.signing_keys import require_usable
from service.supervisor.refusal import Refusal

_REFUSED = 1
_SECONDS = 60.0  # a token's network may be slow; one that hangs is one that does not answer


def require_signer(data_dir: Path) -> str:
    """Empty, or a sentence saying that the key does not answer now, which does not stop a start: verifying
    goes on without it.

    Raises Refusal for an SDK, key or certificate that must not be used.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", "service.supervisor.signer_check"],
            cwd=PROJECT,
            env={**os.environ, "ASSAY_DATA_DIR": str(data_dir)},
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return "The signing key does not answer."
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Refusal(f"The signing key cannot be used: {last}")
    return done.stdout.strip()


def refuse_unusable(config: Config) -> None:
    """The same for one part that is started alone, in its own process and without asking a token.

    Raises Refusal.
    """
    try:
        require_usable(config, config.data_dir)
    except ProvenanceError as error:
        raise Refusal(f"The signing key cannot be used: {error}") from error


def main() -> int:
    """Say what is wrong on standard error (1), or what is away for now on standard output (0)."""
    config = read()
    try:
        require_usable(config, config.data_dir).probe()
    except SignerUnavailable as error:
        sys.stdout.write(f"{error} ({error.code})\n")
    except ProvenanceError as error:
        sys.stderr.write(f"{error}\n")
        return _REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
