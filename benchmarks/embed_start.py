"""How long a process takes to its first vector of a text, and the memory it then takes."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

import psutil

from detector.fingerprints.minilm import SentenceEmbedder
from service.cli.figures import Figure
from service.settings.env import PROJECT

_TURNS = 3
_OURS, _DEFAULT = "ours", "default"


def figures() -> list[Figure]:
    """Both in fresh processes, by turns."""
    seen: dict[str, list[tuple[float, float]]] = {_OURS: [], _DEFAULT: []}
    for turn in range(_TURNS):
        for which in (_OURS, _DEFAULT) if turn % 2 else (_DEFAULT, _OURS):
            seen[which].append(_fresh(which))
    seconds, memory = (
        {which: statistics.median(each[column] for each in runs) for which, runs in seen.items()}
        for column in (0, 1)
    )
    return [
        Figure("from nothing to the first text's vector", seconds[_OURS], "s", "Python's start included"),
        Figure("from nothing to the first text's vector: default", seconds[_DEFAULT], "s"),
        Figure("memory of a process with the text model", memory[_OURS], "MB", "resident"),
        Figure("memory of a process with the text model: default", memory[_DEFAULT], "MB"),
    ]


def _fresh(which: str) -> tuple[float, float]:
    """Seconds and MB of a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.embed_start", which],
        capture_output=True,
        text=True,
        check=True,
        cwd=PROJECT,
    )
    seconds, memory = json.loads(done.stdout.splitlines()[-1])
    return seconds, memory


def _main(arguments: Sequence[str]) -> None:
    embedder = SentenceEmbedder()
    if arguments == [_OURS]:
        embedder.embed(["a parcel waits for you"])
    else:
        embedder.plain_model().encode(["a parcel waits for you"], show_progress_bar=False)
    process = psutil.Process()
    seconds = time.time() - process.create_time()
    sys.stdout.write(json.dumps([seconds, process.memory_info().rss / 1e6]) + "\n")


if __name__ == "__main__":
    _main(sys.argv[1:])
