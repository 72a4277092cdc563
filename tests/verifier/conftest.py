"""The JavaScript verifier as node runs it: many calls, one process."""

import base64
import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULE = ROOT / "service" / "portal" / "static" / "portal" / "verifier"
NODE = shutil.which("node")

Ask = Callable[[Sequence[dict[str, Any]]], list[dict[str, Any]]]


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def run(tasks: Sequence[dict[str, Any]], *arguments: str) -> list[dict[str, Any]]:
    """Answers to these tasks, in order; see driver.mjs."""
    if NODE is None:
        pytest.skip("no node on this machine")
    done = subprocess.run(
        [NODE, str(Path(__file__).with_name("driver.mjs")), str(MODULE), *arguments],
        input=json.dumps(tasks).encode(),
        capture_output=True,
        timeout=300,
        check=False,
    )
    # Warnings of node's are about the code it runs, as Python's are.
    assert (done.returncode, done.stderr.decode()) == (0, "")
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    assert len(answers) == len(tasks)
    return answers


@pytest.fixture(scope="session")
def ask() -> Ask:
    return run
