"""Video found again by edit, and unrelated video that is not, beside vPDQ's rule, on made-up clips.

The clips are of the reporting photographs; no threshold was set with them (detector/calibrate_video.py).
vPDQ's package has no wheel and needs FFmpeg's headers to be built; compared is its rule with its defaults,
on the same PDQ of the same frames: a copy is what has 80 % of the asked frames within 31 bits of some frame.
"""

import hashlib
import json
import random
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks import plots
from detector.fingerprints.fingerprint import Fingerprint, Fingerprints
from detector.video_edits import EDITS
from detector.video_material import clip
from provenance.assets.asset import Medium
from service.cli.figures import Figure
from service.settings.env import PROJECT

TITLE = "edited video found again, and unrelated video that is not, beside vPDQ's rule"
FOLDER = PROJECT.parent / "shared" / "eval" / "images" / "test"
CALIBRATION = PROJECT / "detector" / "calibration.json"
PICTURES = PROJECT / "docs" / "images" / "bench"
CLIPS = 100
EDITED = 5
"""Clips that every edit is made to; the clips of "inside another" come from beyond the first hundred."""
_SEED = 20261125
_PROCESSES = 2
_VPDQ_BITS, _VPDQ_SHARE = 31, 0.8
Prints = tuple[Fingerprint, ...]


def measure() -> list[Figure]:
    """Recall by edit at the shipped threshold; draws a picture into docs/images/bench."""
    from detector.match import Matcher

    if not FOLDER.is_dir():
        raise RuntimeError(
            f"There are no reporting photographs at {FOLDER}: see docs/detector/audio-video.md."
        )
    rng = random.Random(_SEED)
    jobs = [(name, number) for name in EDITS for number in rng.sample(range(CLIPS), EDITED)]
    with ProcessPoolExecutor(_PROCESSES, mp_context=get_context("spawn")) as pool:
        held = list(pool.map(_printed, range(CLIPS), chunksize=5))
        edited = list(pool.map(_printed_edit, jobs, chunksize=5))
    matcher = Matcher()
    matcher.add_many(list(enumerate(held)))
    false = sum(bool(matcher.match(_asked(each), exclude={n})) for n, each in enumerate(held))
    ours: dict[str, list[bool]] = {name: [] for name in EDITS}
    peer: dict[str, list[bool]] = {name: [] for name in EDITS}
    false_beside = 0
    for (name, number), each in zip(jobs, edited, strict=True):
        found = {match.item_no for match in matcher.match(_asked(each))}
        ours[name].append(number in found)
        false_beside += bool(found - {number})
        peer[name].append(_vpdq(each, held[number]))
    vpdq_false = sum(_vpdq(a, b) for n, a in enumerate(held) for m, b in enumerate(held) if n != m)
    ratio = _mean(ours) / max(1e-9, _mean(peer))
    drawn = {
        who: {name: float(np.mean(did)) for name, did in found.items()}
        for who, found in (("Assay", ours), ("vPDQ's rule", peer))
    }
    plots.bars(PICTURES / "video-recall.svg", drawn, "Made-up video found again by edit")
    return [
        Figure(
            "mean recall", 100 * _mean(ours), "%", f"{len(EDITS)} edits of {EDITED} clips each; {_data()}"
        ),
        Figure("false matches of unrelated clips", false, f"of {CLIPS}", "target 0"),
        Figure("false matches beside the copy", false_beside, f"of {len(jobs)}", "target 0"),
        Figure("mean recall, vPDQ's rule", 100 * _mean(peer), "%", f"Assay finds {ratio:.2f} x"),
        Figure("false pairs, vPDQ's rule", vpdq_false, f"of {CLIPS * (CLIPS - 1)}"),
        *(
            Figure(
                f"recall, {name}", 100 * float(np.mean(did)), "%", f"vPDQ's rule {np.mean(peer[name]):.0%}"
            )
            for name, did in ours.items()
        ),
    ]


def _mean(found: dict[str, list[bool]]) -> float:
    return float(np.mean([np.mean(did) for did in found.values()]))


@cache
def _photographs() -> tuple[Path, ...]:
    # Crocodile and crocodile_head share three pictures (eval/README.md).
    return tuple(sorted(p for p in FOLDER.rglob("*.jpg") if p.parent.name != "crocodile_head"))


def _data() -> str:
    names = "\n".join(f"{p.relative_to(FOLDER)} {p.stat().st_size}" for p in _photographs())
    digests = [hashlib.sha256(each).hexdigest()[:16] for each in (names.encode(), CALIBRATION.read_bytes())]
    return (
        f"{CLIPS} clips of six of the {len(_photographs())} reporting photographs each (names and sizes "
        f"{digests[0]}…), panned, zoomed and cut; calibration.json {digests[1]}…; picture: docs/images/bench"
    )


def _asked(prints: Prints) -> Fingerprints:
    return Fingerprints("0" * 64, Medium.VIDEO, prints)


def _printed(number: int) -> Prints:
    from detector.fingerprints.video import video_prints

    return video_prints(clip(number, _photographs()).frames())


def _printed_edit(job: tuple[str, int]) -> Prints:
    from detector.fingerprints.video import video_prints

    name, number = job
    others = len(_photographs()) // 6 - CLIPS
    other = clip(CLIPS + number % max(1, others), _photographs())
    return video_prints(EDITS[name].frames(clip(number, _photographs()), other))


def _vpdq(asked: Prints, held: Prints) -> bool:
    from detector.fingerprints.video import stored_runs

    mine, theirs = (np.ascontiguousarray(stored_runs(each[0].value).codes[:, 0]) for each in (asked, held))
    if not len(mine) or not len(theirs):
        return False
    bits = np.bitwise_count(mine[:, None] ^ theirs[None]).sum(axis=2, dtype=np.int64)
    return bool(np.mean(bits.min(axis=1) <= _VPDQ_BITS) >= _VPDQ_SHARE)


if __name__ == "__main__":
    print(json.dumps([[figure.name, figure.value, figure.note] for figure in measure()], indent=1))
