"""Measure the video threshold: half again the most evidence that two unrelated clips gather.

The clips are made of the photographs of the folder given, which must not be the reporting ones.
"""

import random
from pathlib import Path
from typing import Any

from detector.fingerprints.fingerprint import Fingerprint
from detector.fingerprints.video import METHOD, asked_of, video_prints
from detector.index.build import faiss_index
from detector.matching.finding import Question
from detector.matching.frames import ALIKE
from detector.matching.video import VideoMatcher
from detector.video_edits import EDITS
from detector.video_material import PICTURES, clip

Prints = tuple[Fingerprint, ...]
FLOOR = 25
CLIPS, EDITED = 60, 3
_MARGIN = 1.5
_LEAST = 6.0
"""About one frame that is nearly the same; with more than three frames two are asked for besides."""
_SEED = 20261124


class Held:
    """Clips in a matcher, to be asked for what each has in common with what is asked."""

    def __init__(self, prints: list[Prints]) -> None:
        values = {number: each[0].value for number, each in enumerate(prints)}
        self._matcher = VideoMatcher(
            faiss_index, lambda _, numbers: {number: values[number] for number in numbers}
        )
        self._matcher.add_many(list(enumerate(prints)))

    def evidence(self, prints: Prints, but: int = -1) -> dict[int, float]:
        """The most evidence with each clip that was proposed, `but` left out; one frame in common is none."""
        asked = asked_of(prints)
        found: dict[int, float] = {}
        if asked is not None and asked[1] >= FLOOR:
            for number, _, alike in self._matcher.compared(asked[0], Question(lambda n: n != but)):
                if alike.pairs > 1 or alike.possible <= 3:
                    found[number] = max(found.get(number, 0.0), alike.evidence)
        return found


def video_methods(folder: Path, clips: int = CLIPS, edited: int = EDITED) -> dict[str, Any]:
    """The entry of calibration.json for video."""
    pictures = sorted(folder.rglob("*.jpg"))
    made = [clip(seed, pictures) for seed in range(min(clips, len(pictures) // PICTURES))]
    prints = [video_prints(each.frames()) for each in made]
    held = Held(prints)
    false = [max(held.evidence(each, n).values(), default=0.0) for n, each in enumerate(prints)]
    rng = random.Random(_SEED)  # noqa: S311
    least: dict[str, float] = {}
    for name, edit in EDITS.items():
        own = []
        for number in rng.sample(range(len(made)), edited):
            other = clip(len(made) + number, pictures)
            found = held.evidence(video_prints(edit.frames(made[number], other)))
            own.append(found.pop(number, 0.0))
            false.append(max(found.values(), default=0.0))
        least[name] = round(min(own), 1)
    threshold = round(max(_LEAST, _MARGIN * max(false)), 1)
    evidence = {
        "set_on": f"{len(made)} clips of {PICTURES} photographs each out of {len(pictures)} of {folder.name}",
        "unit": f"pairs of frames within {ALIKE} bits, each counted by tens of bits under 70",
        "queries": len(false),
        "false_matches": sum(each >= threshold for each in false),
        "index_size": len(made),
        "most_evidence_of_unrelated": round(max(false), 1),
        "least_evidence_by_edit": least,
    }
    known = {"metric": "hamming", "width": 32, "threshold": threshold, "floor": FLOOR}
    return {METHOD: known | {"evidence": evidence}}
