"""The pipeline as people meet it: files a second through a running service, stages, look-ups, start-up."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from benchmarks import jpegs
from benchmarks.running import Running, data_folder, running
from service.cli.figures import Figure
from service.settings.env import PROJECT

TITLE = "files attested end to end, the share of each stage, look-ups, and seconds from `up` to ready"
FILES = 60
UPLOADERS = 4
LOAD_SECONDS = 5.0
CONNECTIONS = 8
_ENDS = frozenset({"logged", "anchored", "held", "refused", "failed"})


def measure() -> list[Figure]:
    """All figures, on the embedded defaults: SQLite, files, one web worker, two worker threads, anvil."""
    with data_folder() as folder:
        files = jpegs.make(folder / "files", FILES)
        with running(folder / "data") as first:
            cold = [
                Figure(
                    "first `up` to /healthz",
                    first.seconds_to_health,
                    "s",
                    "makes keys, tables and a registry",
                ),
                Figure(
                    "first `up` to /readyz", first.seconds_to_ready, "s", "models loaded, chain anchoring"
                ),
            ]
        with running(folder / "data") as again:
            warm = [
                Figure("second `up` to /healthz", again.seconds_to_health, "s", "nothing to set up"),
                Figure("second `up` to /readyz", again.seconds_to_ready, "s", ""),
            ]
            service = [*_attested(again, files), *_looked_up(again)]
        return [*service, *_stages(files, folder / "inside"), *cold, *warm]


def _attested(place: Running, files: list[Path]) -> list[Figure]:
    """Upload with several connections at once and wait until the last is in a signed checkpoint."""
    headers = {"Authorization": f"Bearer {place.key()}"}
    size = sum(path.stat().st_size for path in files) / len(files) / 1000
    with httpx.Client(base_url=place.url, headers=headers, timeout=60.0) as http:

        def upload(path: Path) -> str:
            with path.open("rb") as file:
                answer = http.post(
                    "/api/v1/attestations", data={"source_type": "human"}, files={"file": (path.name, file)}
                )
            answer.raise_for_status()
            return str(answer.json()["id"])

        def state(submission: str) -> str:
            answer = http.get(f"/api/v1/attestations/{submission}")
            answer.raise_for_status()
            return str(answer.json()["state"])

        begun = time.perf_counter()
        with ThreadPoolExecutor(UPLOADERS) as pool:
            waiting = list(pool.map(upload, files))
        accepted = time.perf_counter() - begun
        # Asking costs the service too: one at a time, the oldest first.
        ends = [_end(submission, state) for submission in waiting]
        logged = time.perf_counter() - begun
    if strangers := [end for end in ends if end not in ("logged", "anchored")]:
        raise RuntimeError(f"{len(strangers)} files ended {strangers[0]}.")
    how = f"{len(files)} JPEGs of {size:.0f} KB, {UPLOADERS} connections"
    return [
        Figure("attested end to end", len(files) / logged, "files/s", f"{how}, upload to signed checkpoint"),
        Figure("accepted", len(files) / accepted, "files/s", "answered 202, the work being queued"),
    ]


def _end(submission: str, state: Callable[[str], str]) -> str:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        found = state(submission)
        if found in _ENDS:
            return found
        time.sleep(0.1)
    return "late"


def _looked_up(place: Running) -> list[Figure]:
    paths = [f"/api/v1/range/{number * 4099 % 2**20:05x}" for number in range(256)]
    port = urlsplit(place.url).port
    command = [
        sys.executable,
        "-m",
        "benchmarks.load",
        str(port),
        str(LOAD_SECONDS),
        str(CONNECTIONS),
        *paths,
    ]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    if found["errors"]:
        raise RuntimeError(f"{found['errors']} look-ups were not answered 200.")
    how = f"/api/v1/range, 1 granian worker, {CONNECTIONS} connections, generator on the same cores"
    return [Figure("look-ups", found["requests"] / found["seconds"], "requests/s", how)]


def _stages(files: list[Path], data: Path) -> list[Figure]:
    """One process, one thread, the same files: where the time goes, and c2pa-python alone in the same run."""
    command = [sys.executable, "-m", "benchmarks.stages", *map(str, files)]
    environment = {"ASSAY_DATA_DIR": str(data), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    found = json.loads(done.stdout)
    each = found["seconds"] / found["files"]
    figures = [Figure("one process, one thread", 1 / each, "files/s", "no HTTP, no chain: the stages alone")]
    for name, seconds in sorted(found["stages"].items(), key=lambda pair: -pair[1]):
        milliseconds = seconds / found["files"] * 1000
        figures.append(
            Figure(f"share of {name}", 100 * seconds / found["seconds"], "%", f"{milliseconds:.1f} ms a file")
        )
    for name, seconds in found["peer"].items():
        how = f"{1 / seconds:,.0f} files/s signed and nothing else; this many times ours in one thread"
        figures.append(Figure(f"c2pa-python alone, {name}", each / seconds, "×", how))
    return figures
