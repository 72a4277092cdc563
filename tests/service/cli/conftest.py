"""An attested photograph and text, made once by the verb itself in a data folder that is then left alone."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Run:
    """What a verb answered."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


def run_verb(*arguments: str | Path, cwd: Path | None = None, **variables: str) -> Run:
    """Run a verb as a stranger would: elsewhere, without HOME and without any variable of ours."""
    environment = {"PATH": os.environ["PATH"], "PYTHONWARNINGS": "error", **variables}
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *map(str, arguments)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def assay() -> Any:
    """`assay("verb", …, cwd=…, VARIABLE=…) -> Run` with `code`, `out`, `err` and `json()`."""
    return run_verb


@dataclass(frozen=True)
class Vouched:
    """One attested file: what a stranger gets."""

    source: Path
    file: Path
    proof: Path
    store: Path | None


def picture(path: Path, seed: int, size: tuple[int, int] = (320, 240)) -> Path:
    """A picture unlike those of other seeds: soft blobs of colour."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (15, 20, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC).save(path, quality=92)
    return path


@pytest.fixture(scope="session")
def paint() -> Any:
    """`paint(path, seed) -> path`: see `picture`."""
    return picture


@dataclass(frozen=True)
class Press:
    """A data folder and what was attested in it."""

    data: Path
    photo: Vouched
    other: Vouched
    text: Vouched


@pytest.fixture(scope="session")
def press(tmp_path_factory: pytest.TempPathFactory) -> Press:
    """Two pictures and a text, attested by `assay attest` in one data folder."""
    folder = tmp_path_factory.mktemp("press")
    data, out = folder / "data", folder / "out"
    sources = [picture(folder / "photo.jpg", 1), picture(folder / "other.png", 2), folder / "note.txt"]
    sources[2].write_text("The mill stands on the left bank of the river; bring the map of last summer.\n")
    run = run_verb(
        "attest", *sources, "--source-type", "human", "--out", out, "--json", "--data", data, cwd=folder
    )
    assert run.code == 0, run.err + run.out
    made = []
    for source, line in zip(sources, run.out.splitlines(), strict=True):
        answer = json.loads(line)
        signed = Path(answer["signed"]) if answer["signed"] else source
        store = Path(answer["store"]) if answer["store"] else None
        made.append(Vouched(source, signed, Path(answer["proof"]), store))
    return Press(data, *made)


@pytest.fixture
def chain(house: Path, settings: Any, tmp_path: Path) -> Iterator[str]:
    """A chain of this test's own, configured."""
    from attest.errors import AttestError
    from attest.registry import embedded
    from service import wiring
    from service.supervisor import ports

    port = ports.ephemeral()
    try:
        command = embedded.command(port, tmp_path / "none")
    except AttestError as error:
        pytest.skip(str(error))
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        embedded.wait_ready(url)
        settings.CONFIG = replace(settings.CONFIG, chain_rpc_url=url)
        wiring.chains.cache_clear()
        yield url
        for made in wiring.chains():
            made.client.close()
    finally:
        process.terminate()
        process.wait()
