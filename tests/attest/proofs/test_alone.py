"""The verifier as a stranger installs it: into an empty virtual environment, with its three dependencies."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from attest.proofs.vectors.honest import pin
from attest.proofs.vectors.materials import KEY, WITNESS, cosigned, final

pytestmark = [pytest.mark.network, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[3]
UNREACHABLE = ("No matching distribution", "Could not find a version", "connection broken", "timed out")


def pip(python: Path | str, *arguments: str | Path) -> None:
    command = [
        str(python),
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--retries",
        "1",
        *map(str, arguments),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    if done.returncode and any(sign in done.stderr for sign in UNREACHABLE):
        pytest.skip("no package index answers, so the verifier cannot be installed alone")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment that holds nothing but the verifier."""
    folder = tmp_path_factory.mktemp("alone")
    pip(sys.executable, "wheel", "--no-deps", "--wheel-dir", folder, ROOT / "packaging" / "proofs")
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=True)
    pip(folder / "venv" / "bin" / "python", "install", wheel)
    return folder / "venv" / "bin"


def verify(door: list[str | Path], folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [*door, "verify", "photo.jpg", "--proof", "photo.jpg.assay.json", "--json", *options]
    environment = {"PATH": os.environ["PATH"], "PYTHONWARNINGS": "error"}
    return subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_verifies_and_refuses_with_nothing_else_installed(alone: Path, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"signed bytes")
    (tmp_path / "photo.jpg.assay.json").write_text(cosigned(final(), [WITNESS]).to_json())
    pinned = ["--log-key", str(KEY.vkey), "--block-hash", pin()[0], "--witness", str(WITNESS.vkey)]
    for door in ([alone / "assay-proofs"], [alone / "python", "-m", "attest.proofs"]):
        found = verify(list(door), tmp_path, *pinned)
        assert (found.returncode, found.stderr) == (0, "")
        standing = json.loads(found.stdout)
        assert (standing["registration"], standing["problems"]) == ("attested", [])
        assert (standing["anchors"][0]["finality"], standing["anchors"][0]["trust"]) == ("final", "public")

    body = json.loads((tmp_path / "photo.jpg.assay.json").read_text())
    body["anchors"][0]["time"] = "2026-11-23T07:30:59Z"
    (tmp_path / "photo.jpg.assay.json").write_text(json.dumps(body))
    forged = verify([alone / "assay-proofs"], tmp_path, *pinned)
    assert (forged.returncode, json.loads(forged.stdout)["error"]["code"]) == (1, "evidence_invalid")

    (tmp_path / "photo.jpg.assay.json").write_text(final().to_json())
    (tmp_path / "photo.jpg").write_bytes(b"signed bytez")
    changed = verify([alone / "assay-proofs"], tmp_path, *pinned)
    assert (changed.returncode, json.loads(changed.stdout)["error"]["code"]) == (1, "proof_wrong_file")


def test_it_needs_three_packages_and_none_of_the_service(alone: Path) -> None:
    done = subprocess.run(
        [alone / "python", "-m", "pip", "list", "--format", "freeze"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    names = {line.split("==")[0].lower() for line in done.stdout.splitlines()} - {"pip", "setuptools"}
    # cffi and pycparser are cryptography's.
    assert names == {"assay-proofs", "cryptography", "pycryptodome", "cffi", "pycparser"}
