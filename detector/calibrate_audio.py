"""Measure the audio thresholds: a tenth over the most evidence that any two unrelated pieces of sound gather,
over long stretches (sound.WORN_SHARE) and over short ones (sound.CLEAN_SHARE).

The pieces are made up (detector/audio_material.py), seeds 0 and on; the benchmark reports on others.
"""

from collections.abc import Collection
from typing import Any

import numpy as np
from scipy.signal import resample_poly

from detector.audio_edits import EDITS
from detector.audio_material import RATE, Samples, piece
from detector.fingerprints.audio import METHOD, asked_of, audio_prints
from detector.fingerprints.fingerprint import Fingerprint
from detector.matching.audio import AudioMatcher
from detector.matching.finding import Question
from detector.matching.sound import WORN_SHARE
from detector.media.audio import RATE as CANONICAL_RATE

Prints = tuple[Fingerprint, ...]
_Evidence = tuple[float, float]
"""By WORN_SHARE and by CLEAN_SHARE."""
_NONE: _Evidence = (0.0, 0.0)
FLOOR = 30
"""Ten for each second that tells something: under three seconds anything resembles something."""
PIECES, EDITED = 160, 4
"""As many, and as long, as a bench's: of 48 pieces of half a minute the most was 9.7, of these it is 40."""
_MARGIN = 1.1
_SEED = 20261124


def prints_of(samples: Samples) -> Prints:
    """Fingerprints of samples at the material's rate."""
    return audio_prints([resample_poly(samples, CANONICAL_RATE, RATE).astype(np.float32)])


class Held:
    """Pieces in a matcher, to be asked for what each has in common with what is asked."""

    def __init__(self, prints: list[Prints]) -> None:
        values = {number: each[0].value for number, each in enumerate(prints)}
        self._matcher = AudioMatcher(lambda _, numbers: {number: values[number] for number in numbers})
        self._matcher.add_many(list(enumerate(prints)))

    def evidence(self, prints: Prints, but: int = -1) -> dict[int, _Evidence]:
        """The most evidence with each piece that was proposed, `but` left out."""
        asked = asked_of(prints)
        found: dict[int, _Evidence] = {}
        if asked is not None and asked[1] >= FLOOR:
            for number, common in self._matcher.compared(asked[0], Question(lambda n: n != but)):
                worn, clean = found.get(number, _NONE)
                if common.allowed == WORN_SHARE:
                    found[number] = (max(worn, common.evidence), clean)
                else:
                    found[number] = (worn, max(clean, common.evidence))
        return found


def _most(found: Collection[_Evidence]) -> _Evidence:
    return max((worn for worn, _ in found), default=0.0), max((clean for _, clean in found), default=0.0)


def audio_methods(pieces: int = PIECES, edited: int = EDITED) -> dict[str, Any]:
    """The entry of calibration.json for sound."""
    sounds = [piece(seed) for seed in range(pieces)]
    prints = [prints_of(sound) for sound in sounds]
    held = Held(prints)
    false = [_most(held.evidence(each, n).values()) for n, each in enumerate(prints)]
    rng = np.random.default_rng(_SEED)
    least: dict[str, list[float]] = {}
    for name, edit in EDITS.items():
        chosen = rng.choice(pieces, edited, replace=False)
        own = []
        for number in chosen:
            found = held.evidence(prints_of(edit(sounds[number], rng)))
            own.append(found.pop(int(number), _NONE))
            false.append(_most(found.values()))
        least[name] = [round(min(side), 1) for side in zip(*own, strict=True)]
    worst = _most(false)
    threshold, clean = (round(_MARGIN * each, 1) for each in worst)
    evidence = {
        "set_on": f"{pieces} made-up pieces of 30 to 90 s, seeds 0 to {pieces - 1}: music, voices, both",
        "unit": "frames of 46 ms, each counted by how much fewer than 40 % (clean: 32 %) of its bits differ",
        "queries": len(false),
        "false_matches": sum(a >= threshold or b >= clean for a, b in false),
        "index_size": pieces,
        "most_evidence_of_unrelated": [round(each, 1) for each in worst],
        "least_evidence_by_edit": least,
    }
    known = {"metric": "hamming", "width": 4, "threshold": threshold, "floor": FLOOR}
    return {METHOD: known | {"weights": {"clean": clean}, "evidence": evidence}}
