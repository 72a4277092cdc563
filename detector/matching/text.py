"""Texts: proposed by their projection, compared letter by letter; and by their meaning."""

from detector import evidence
from detector.fingerprints.fingerprint import Fingerprints
from detector.fingerprints.minilm import METHOD as MINILM_METHOD
from detector.fingerprints.shingles import SKELETON_METHOD, unpacked
from detector.matching.admission import admitted
from detector.matching.finding import Question, RawMatch
from detector.matching.likeness import by_distance
from detector.matching.over_vectors import OverVectors
from detector.matching.values import ReadValues
from detector.matching.vectors import MakeIndex
from detector.recheck import Recheck

MOST_PROPOSED = 100
"""Texts compared letter by letter for one question: this bounds its cost, and its chance of a false match."""


def is_text_method(method: str) -> bool:
    """Whether this is a projection of a text's letters or an embedding of what it means."""
    if method.startswith("st-image-"):
        return False
    return method.startswith(("shingle", "st-")) or method == MINILM_METHOD


class TextMatcher(OverVectors):
    """The matcher of texts. It indexes projections and embeddings."""

    def __init__(self, make_index: MakeIndex, read: ReadValues) -> None:
        super().__init__(make_index, is_text_method, read)

    def match(self, prints: Fingerprints, question: Question) -> list[RawMatch]:
        """The texts that this one resembles."""
        bones = next((unpacked(e.value) for e in prints.prints if e.method == SKELETON_METHOD), "")
        found = []
        for entry in prints.prints:
            calibration = admitted(entry, asking=True) if is_text_method(entry.method) else None
            if calibration is None:
                continue
            if calibration.reach:
                most = max(question.limit, MOST_PROPOSED)
                near = self._vectors.near(entry, calibration, calibration.reach, question, most)
                found += self._rechecked(entry.method, bones, [hit.id for hit in near])
            else:
                limit = question.limit
                near = self._vectors.near(entry, calibration, calibration.threshold, question, limit)
                found += [by_distance(calibration, hit) for hit in near]
        return found

    def _rechecked(self, method: str, bones: str, proposed: list[int]) -> list[RawMatch]:
        """Those proposed texts that pass a check letter by letter."""
        if not bones or not proposed:
            return []
        held = self._read(SKELETON_METHOD, proposed)
        check = Recheck(method, bones)
        matches = []
        for item_no in proposed:
            other = unpacked(held.get(item_no, b""))
            found = check.compare(other) if other else None
            if found is not None:
                why = evidence.why_near(found.method, found.distance, found.threshold, share=found.share)
                score = min(0.9999, round((1 - found.distance) * found.share, 4))
                distance = round(found.distance, 4)
                matches.append(RawMatch(item_no, found.method, score, distance, found.threshold, why))
        return matches
