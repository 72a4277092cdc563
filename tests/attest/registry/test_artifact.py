"""The committed artifact is what the committed sources compile to."""

import json
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from attest.registry import contract

PROJECT = Path(__file__).resolve().parents[3]


def test_the_artifact_names_the_sources_it_was_compiled_from():
    digest = sha256()
    for path in sorted((PROJECT / "contracts" / "src").glob("*.sol")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    artifact = json.loads(contract.ARTIFACT.read_text())
    assert artifact["sourceSha256"] == digest.hexdigest(), "run: node contracts/build.mjs"


def test_the_pinned_compiler_makes_the_committed_artifact():
    node = shutil.which("node")
    if node is None or not (PROJECT / "node_modules" / "solc").is_dir():
        pytest.skip("needs node and node_modules (npm ci)")
    done = subprocess.run(
        [node, "contracts/build.mjs", "--check"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_refusal_of_the_contract_is_documented():
    text = (PROJECT / "docs" / "formats" / "registry.md").read_text()
    functions = {
        entry["name"] for entry in json.loads(contract.ARTIFACT.read_text())["abi"] if "name" in entry
    }
    assert {"register", "checkpoint", "Shrinking", "Equivocation", "Inconsistent"} <= functions
    missing = [
        entry["name"]
        for entry in json.loads(contract.ARTIFACT.read_text())["abi"]
        if entry["type"] == "error"
        and f"`{entry['name']}" not in text
        and entry["name"] not in {"LengthMismatch", "Sha256Unavailable"}
    ]
    assert missing == []
