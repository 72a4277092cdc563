"""The child process that asks the second validator: one file, one answer, then it ends.

Standard input holds JSON {"media_type", "trust_pem", "tsa_pem", "memory_bytes", "cpu_seconds"}, the arguments
the descriptors of the file and (perhaps) of its sidecar; standard output, a file, gets JSON: what `_summary`
returns, or {"error": sentence}. The parent never imports the validator: it is native code like the reader.
"""

import json
import os
import resource
import sys
from collections.abc import Mapping
from typing import Any

from provenance.assets.sandbox.confinement import leave_the_network, limit

MAX_ANSWER_BYTES = 64 * 1024


def main(file: int, store: int | None) -> None:
    """Answer about the file open at descriptor `file`."""
    wish = json.load(sys.stdin)
    leave_the_network()
    limit(int(wish["memory_bytes"]), file_bytes=MAX_ANSWER_BYTES)
    seconds = int(wish["cpu_seconds"])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    json.dump(_answer(wish, file, store), sys.stdout)


def _answer(wish: Mapping[str, Any], file: int, store: int | None) -> dict[str, Any]:
    import encypher_c2pa

    try:
        found = encypher_c2pa.verify(
            _read(file),
            wish["media_type"],
            manifest_store=None if store is None else _read(store),
            trust_pem=wish["trust_pem"] or None,
            tsa_trust_pem=wish["tsa_pem"] or None,
            no_default_trust=True,
            telemetry=False,
            online=False,
        )
    except ValueError as error:
        return {"error": str(error)[:300]}
    return _summary(found)


def _summary(found: Mapping[str, Any]) -> dict[str, Any]:
    """The verdicts of the validator's report, and the codes of what failed, at most a hundred."""
    trust = found.get("trust") or {}
    results = found.get("validation_results") or {}
    return {
        "present": bool(found.get("present")),
        "integrity": str(found.get("integrity")),
        "signature": str(found.get("signature")),
        "binding": str(found.get("hard_binding")),
        "trust": str(trust.get("status")),
        "revocation": str((trust.get("revocation") or {}).get("status")),
        "label": (found.get("manifest_report") or {}).get("active_manifest"),
        "failures": sorted({str(one.get("code"))[:100] for one in results.get("failure") or ()})[:100],
    }


def _read(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb") as file:
        return file.read()
