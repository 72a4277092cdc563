"""Proof files: what one says, another form of it, and bringing it further in place."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from attest.log.note import Note
from attest.proofs.bundle import MAX_BYTES, ProofBundle
from service.cli.outputs import PROOF_SUFFIX
from service.cli.safe import safe
from service.errors import ServiceError

_TIMEOUT = httpx.Timeout(30.0, connect=10.0)


def described(bundle: ProofBundle) -> dict[str, Any]:
    """What the proof says of itself; nothing here is checked."""
    lines = Note.parse(bundle.checkpoint).signatures if bundle.checkpoint is not None else ()
    return {
        "state": bundle.state.value,
        "log": bundle.origin,
        "log_key": bundle.vkey,
        "index": bundle.index,
        "size": bundle.size,
        "media_type": bundle.content.media_type,
        "title": bundle.content.title,
        "digests": dict(bundle.opening.digests),
        "signed_by": [each.name for each in lines],
        "timestamps": [each.type.value for each in bundle.timestamps],
        "anchors": [
            {
                "chain_id": each.chain_id,
                "registry": each.registry,
                "log_id": each.log_id,
                "block": each.block,
                "time": each.time,
                "evidence_block": each.evidence.block if each.evidence else None,
                "evidence_block_hash": each.evidence.block_hash if each.evidence else None,
            }
            for each in bundle.anchors
        ],
    }


def show(console: Console, found: dict[str, Any]) -> None:
    """Print `described` for people."""
    console.print(f"state     {found['state']} (as the proof says; `verify` checks it)", soft_wrap=True)
    console.print(f"log       {safe(found['log'])}", soft_wrap=True)
    console.print(f"key       {safe(found['log_key'])}", soft_wrap=True)
    size = "not sealed yet" if found["size"] is None else f"of {found['size']}"
    console.print(f"leaf      {found['index']} {size}")
    for role, digest in sorted(found["digests"].items()):
        console.print(f"{role:<9} {digest}", soft_wrap=True)
    if found["signed_by"]:
        console.print(f"signed by {', '.join(map(safe, found['signed_by']))}", soft_wrap=True)
    for stamp in found["timestamps"]:
        console.print(f"stamp     {stamp}")
    for anchor in found["anchors"]:
        place = f"chain {anchor['chain_id']}, block {anchor['block']}, {anchor['time']}"
        console.print(f"anchor    {place}, registry {anchor['registry']}", soft_wrap=True)
        if anchor["evidence_block"] is not None:
            pin = f"{anchor['chain_id']}:{anchor['evidence_block_hash']}"
            console.print(f"evidence  block {anchor['evidence_block']}: --block-hash {pin}", soft_wrap=True)


def exported_path(proof: Path, suffix: str) -> Path:
    """Where another form of a proof goes by default: `photo.jpg.assay.json` → `photo.jpg.SUFFIX`."""
    name = proof.name.removesuffix(PROOF_SUFFIX) if proof.name.endswith(PROOF_SUFFIX) else proof.stem
    return proof.with_name(name + suffix)


def rewrite(path: Path, text: str) -> None:
    """Put `text` in a file's place, whole or not at all, under its mode. Raises OSError."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".assay-")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(path.stat().st_mode & 0o777)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def fetch_part(server: str, index: int) -> object:
    """The public part of a leaf's proof, from a service. Raises ServiceError, as `server_unreachable`."""
    url = f"{server.rstrip('/')}/api/v1/proofs/{index}"
    try:
        with httpx.stream("GET", url, timeout=_TIMEOUT, follow_redirects=False) as response:
            body = _bounded(response)
            if not response.is_success:
                raise ServiceError("server_refused", f"The server answered HTTP {response.status_code}.")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        sentence = f"The server cannot be reached ({type(error).__name__})."
        raise ServiceError("server_unreachable", sentence, permanent=False) from error
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ServiceError(
            "not_an_assay_server", "The answer is not JSON; is it an Assay service?"
        ) from error


def _bounded(response: httpx.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            raise ServiceError("not_an_assay_server", "The server answered with more than a proof holds.")
    return bytes(body)
