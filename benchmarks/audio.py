"""Sound found again by edit, and unrelated sound that is not, beside Chromaprint, on made-up pieces.

No threshold was set with these pieces: calibrate_audio.py uses seeds from 0, this one those from 1,000.
Chromaprint (fpcalc) is compared by its bits at the best shift, with the threshold that suits it best:
just under the nearest of these very pieces, edited ones among them, that are not the same.
"""

import hashlib
import json
import shutil
import subprocess
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import plots
from detector.audio_edits import EDITS
from detector.audio_material import RATE, piece
from detector.fingerprints.fingerprint import Fingerprint, Fingerprints
from provenance.assets.asset import Medium
from service.cli.figures import Figure
from service.settings.env import PROJECT

TITLE = "edited sound found again, and unrelated sound that is not, beside Chromaprint"
CALIBRATION = PROJECT / "detector" / "calibration.json"
PICTURES = PROJECT / "docs" / "images" / "bench"
PIECES = 200
EDITED = 6
"""Pieces that every edit is made to."""
_FIRST = 1_000
_SEED = 20261125
_PROCESSES = 2
_LEAST_FRAMES = 24
"""Of Chromaprint's, 0.124 s each: shifts that lay less than three seconds, or less than half of the shorter
one, on the other do not count."""
Words = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Printed:
    """One sound's fingerprints, ours and Chromaprint's (empty without fpcalc)."""

    prints: tuple[Fingerprint, ...]
    peer: Words


def measure() -> list[Figure]:
    """Recall by edit at the shipped threshold; draws a picture into docs/images/bench."""
    from detector.match import Matcher

    rng = np.random.default_rng(_SEED)
    jobs = [(name, int(n)) for name in EDITS for n in rng.choice(PIECES, EDITED, replace=False)]
    with ProcessPoolExecutor(_PROCESSES, mp_context=get_context("spawn")) as pool:
        held = list(pool.map(_printed, range(PIECES), chunksize=10))
        edited = list(pool.map(_printed_edit, jobs, chunksize=6))
    matcher = Matcher()
    matcher.add_many([(number, each.prints) for number, each in enumerate(held)])
    false = sum(bool(matcher.match(_asked(each), exclude={n})) for n, each in enumerate(held))
    ours: dict[str, list[bool]] = {name: [] for name in EDITS}
    false_beside = 0
    for (name, number), each in zip(jobs, edited, strict=True):
        found = {match.item_no for match in matcher.match(_asked(each))}
        ours[name].append(number in found)
        false_beside += bool(found - {number})
    figures = [
        Figure(
            "mean recall", 100 * _mean(ours), "%", f"{len(EDITS)} edits of {EDITED} pieces each; {_data()}"
        ),
        Figure("false matches of unrelated pieces", false, f"of {PIECES}", "target 0"),
        Figure("false matches beside the copy", false_beside, f"of {len(jobs)}", "target 0"),
    ]
    drawn = {"Assay": {name: float(np.mean(did)) for name, did in ours.items()}}
    beside = dict.fromkeys(EDITS, "fpcalc is not installed")
    if shutil.which("fpcalc"):
        peer = _peer(held, jobs, edited)
        drawn["Chromaprint"] = {name: float(np.mean(did)) for name, did in peer.items()}
        beside = {name: f"Chromaprint {np.mean(did):.0%}" for name, did in peer.items()}
        ratio = _mean(ours) / max(1e-9, _mean(peer))
        figures.append(
            Figure("mean recall, Chromaprint", 100 * _mean(peer), "%", f"Assay finds {ratio:.2f} x")
        )
    plots.bars(PICTURES / "audio-recall.svg", drawn, "Made-up sound found again by edit")
    figures += [
        Figure(f"recall, {name}", 100 * float(np.mean(ours[name])), "%", beside[name]) for name in EDITS
    ]
    return figures


def _mean(found: dict[str, list[bool]]) -> float:
    return float(np.mean([np.mean(did) for did in found.values()]))


def _data() -> str:
    digest = hashlib.sha256(CALIBRATION.read_bytes()).hexdigest()[:16]
    source = hashlib.sha256((PROJECT / "detector" / "audio_material.py").read_bytes()).hexdigest()[:16]
    return (
        f"synthetic music and voices, seeds {_FIRST} to {_FIRST + PIECES - 1}, 30 to 90 s, audio_material.py "
        f"{source}…; calibration.json {digest}…; picture: docs/images/bench"
    )


def _asked(each: Printed) -> Fingerprints:
    return Fingerprints("0" * 64, Medium.AUDIO, each.prints)


def _printed(number: int) -> Printed:
    return _of(piece(_FIRST + number))


def _printed_edit(job: tuple[str, int]) -> Printed:
    name, number = job
    return _of(EDITS[name](piece(_FIRST + number), np.random.default_rng(number)))


def _of(samples: NDArray[np.float32]) -> Printed:
    from detector.fingerprints.recording import recording
    from detector.media.container import StreamLimits
    from detector.media.reencode import write_audio

    with tempfile.TemporaryDirectory(prefix="assay-bench-audio-") as folder:
        path = Path(folder) / "sound.wav"
        write_audio(path, np.clip(samples, -1, 1), RATE, "pcm_s16le", 16 * RATE)
        return Printed(recording(path, StreamLimits()), _chromaprint(path))


def _chromaprint(path: Path) -> Words:
    if shutil.which("fpcalc") is None:
        return np.zeros(0, dtype=np.uint32)
    command = ["fpcalc", "-raw", "-json", "-length", "0", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    # fpcalc 1.5.1 ends with 3 at the end of some files, and has printed the whole fingerprint.
    values = json.loads(done.stdout)["fingerprint"] if done.stdout.startswith("{") else []
    return np.array(values, dtype=np.uint32)


def _peer(held: list[Printed], jobs: list[tuple[str, int]], edited: list[Printed]) -> dict[str, list[bool]]:
    pairs = [(a.peer, b.peer) for n, a in enumerate(held) for b in held[n + 1 :: 4]]
    for (_, number), each in zip(jobs, edited, strict=True):
        pairs += [(each.peer, held[m].peer) for m in range(number % 5, len(held), 5) if m != number]
    nearest = min(_apart(first, second) for first, second in pairs)
    found: dict[str, list[bool]] = {name: [] for name in EDITS}
    for (name, number), each in zip(jobs, edited, strict=True):
        found[name].append(_apart(each.peer, held[number].peer) < nearest)
    return found


def _apart(first: Words, second: Words) -> float:
    """The least share of bits that differ over all shifts that lay enough of the two on each other."""
    best = 1.0
    shorter = min(len(first), len(second))
    least = max(min(_LEAST_FRAMES, shorter), shorter // 2)
    for shift in range(least - len(first), len(second) - least + 1):
        here, there = first[max(0, -shift) :], second[max(0, shift) :]
        count = min(len(here), len(there))
        if count >= least > 0:
            best = min(best, float(np.bitwise_count(here[:count] ^ there[:count]).mean()) / 32)
    return best


if __name__ == "__main__":
    print(json.dumps([[figure.name, figure.value, figure.note] for figure in measure()], indent=1))
