"""`python -m attest.proofs verify FILE --proof P`: the smallest door to the verifier.

Needs this package, cryptography and pycryptodome; no service, database or settings. Exit codes: 0 verified,
1 refused, 2 wrong usage, 3 could not check. The credentials inside the file are `assay verify`'s to read.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path

from attest.errors import AttestError, ProofInvalid
from attest.proofs.bundle import MAX_BYTES, ProofBundle
from attest.proofs.pins import Pins
from attest.proofs.verifier import verify
from attest.standing import Anchor, Registration, Standing

VERIFIED, REFUSED, USAGE, UNCHECKED = range(4)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the door and return its exit code; SystemExit(2) on wrong usage."""
    options = _options(arguments)
    try:
        pins = Pins.parse(options.block_hash, options.witness, options.log_id)
    except ProofInvalid as error:
        return _refuse(options, error.code, str(error), USAGE)
    try:
        with options.file.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
        with options.proof.open("rb") as file:
            bundle = ProofBundle.parse(file.read(MAX_BYTES + 1))
        digests = {"file": digest, "asset": digest}
        standing = verify(bundle, digests, _log_key(options.log_key), now=datetime.now(UTC), pins=pins)
    except ProofInvalid as error:
        code = REFUSED if error.permanent else UNCHECKED
        return _refuse(options, error.code, str(error), code)
    except AttestError as error:
        return _refuse(options, error.code, str(error), UNCHECKED)
    except OSError as error:
        code = USAGE if isinstance(error, FileNotFoundError) else UNCHECKED
        return _refuse(options, "unreadable", f"Cannot read {error.filename!r}: {error.strerror}.", code)
    sys.stdout.write(_json(standing) if options.json else _text(options.file, standing))
    return REFUSED if standing.registration is Registration.REVOKED else VERIFIED


_PINS = (
    ("--log-id", "ID", "the log's id in registries, or its owner's address, to pin"),
    ("--block-hash", "CHAIN_ID:HASH", "a block's hash to believe, under which evidence is checked"),
    ("--witness", "VKEY", "a witness's verifier key, whose cosignature must be there"),
)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m attest.proofs", description="Check a file against a proof."
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    door = verbs.add_parser("verify", help="check that the proof is about this file and holds")
    door.add_argument("file", type=Path, metavar="FILE")
    door.add_argument("--proof", type=Path, required=True, help="the NAME.assay.json of the file")
    door.add_argument("--log-key", help="the log's verifier key, or a file that holds it")
    for name, metavar, text in _PINS:
        door.add_argument(name, metavar=metavar, action="append", default=[], help=f"{text}; may be repeated")
    door.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args(arguments)


def _log_key(given: str | None) -> str | None:
    if given is None or "+" in given:
        return given
    with Path(given).open(encoding="utf-8", errors="replace") as file:
        return file.read(4096)


def _refuse(options: argparse.Namespace, code: str, sentence: str, exit_code: int) -> int:
    if options.json:
        sys.stdout.write(json.dumps({"error": {"code": code, "sentence": sentence}}) + "\n")
    else:
        sys.stderr.write(f"{sentence} ({code})\n")
    return exit_code


def _json(standing: Standing) -> str:
    return json.dumps(asdict(standing)) + "\n"


def _anchor(anchor: Anchor) -> str:
    place = f"chain {anchor.chain_id}, block {anchor.block}, {anchor.time}"
    return f"  anchor: {place} ({anchor.finality}, trust {anchor.trust})"


def _text(file: Path, standing: Standing) -> str:
    lines = [f"{str(file)!r}: {standing.registration}, leaf {standing.leaf_index} of {standing.log_origin}"]
    lines += [_anchor(anchor) for anchor in standing.anchors]
    lines += [f"  {code}: {sentence}" for code, sentence in standing.problems]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
