"""Pictures: by PDQ alone where it is sure; else hashes and vectors propose, and geometry decides."""

from collections.abc import Iterator
from dataclasses import dataclass

from detector import evidence
from detector.calibration import Calibration, for_method
from detector.fingerprints.copydet import METHOD as COPYDET_METHOD
from detector.fingerprints.fingerprint import Fingerprint, Fingerprints
from detector.fingerprints.pdq import ASKED_METHODS as PDQ_ASKED
from detector.fingerprints.pdq import METHOD as PDQ_METHOD
from detector.fingerprints.sift import ASKED_METHOD, unpacked
from detector.fingerprints.sift import METHOD as SIFT_METHOD
from detector.fingerprints.vlad import ASKED_METHODS as VLAD_ASKED
from detector.fingerprints.vlad import METHOD as VLAD_METHOD
from detector.geometry import Agreement, Judge
from detector.index.port import Hit
from detector.matching.admission import admitted
from detector.matching.finding import Question, RawMatch
from detector.matching.fusion import CAP, METHOD, measured, probability
from detector.matching.likeness import by_distance
from detector.matching.over_vectors import OverVectors
from detector.matching.proposals import Proposal, Proposals
from detector.matching.values import ReadValues
from detector.matching.vectors import MakeIndex

_PDQ_REACH, _PDQ_REACH_AMONG_MANY, _MANY = 100.0, 62.0, 1_000_000
"""Among many hashes hundreds of unrelated ones lie within 100 bits, and to look for them is to read all."""
_VECTOR_REACH = 0.9
_FROM_EACH = {PDQ_METHOD: 12, VLAD_METHOD: 14, COPYDET_METHOD: 14}
_FROM_ASKED = 5
"""How many of the nearest every print proposes: more for the picture as it is than for each of its views."""


def is_image_method(method: str) -> bool:
    """Whether this is a hash or a vector of a picture."""
    if method.startswith(("copydet", "st-image-")):
        return True
    return method in (PDQ_METHOD, VLAD_METHOD) or method in PDQ_ASKED or method in VLAD_ASKED


@dataclass(frozen=True, slots=True)
class Judged:
    """A proposed picture and how its points agree with those of the picture asked about."""

    proposal: Proposal
    agreement: Agreement


class ImageMatcher(OverVectors):
    """The matcher of pictures. It indexes upright hashes and whole pictures' vectors."""

    def __init__(self, make_index: MakeIndex, read: ReadValues) -> None:
        super().__init__(make_index, is_image_method, read)

    def match(self, prints: Fingerprints, question: Question) -> list[RawMatch]:
        """The pictures that this one resembles."""
        return [match for match in self.scored(prints, question) if match.distance <= match.threshold]

    def scored(self, prints: Fingerprints, question: Question) -> Iterator[RawMatch]:
        """What PDQ alone is sure of, and every judged picture with its score, enough or not."""
        near = list(self._near(prints, question))
        for each in near:
            if each.calibration.method == PDQ_METHOD:
                sure = [hit for hit in each.hits if hit.distance <= each.calibration.threshold]
                view = each.asked.method
                yield from (by_distance(each.calibration, hit, view=view) for hit in sure[: question.limit])
        decided = for_method(METHOD, 0)
        if decided is not None:
            for judged in self._judged(prints, near):
                yield _match(judged, decided)

    def judged(self, prints: Fingerprints, question: Question) -> Iterator[Judged]:
        """Every proposed picture whose points agree at all: what thresholds are set with."""
        return self._judged(prints, list(self._near(prints, question)))

    def _judged(self, prints: Fingerprints, near: list["_Near"]) -> Iterator[Judged]:
        values = {e.method: e.value for e in prints.prints if e.method in (ASKED_METHOD, SIFT_METHOD)}
        # A picture read back from its row has no more than the stored points.
        asked = unpacked(values.get(ASKED_METHOD, values.get(SIFT_METHOD, b"")))
        if asked is None:
            return
        chosen = _proposed(near)
        held = self._read(SIFT_METHOD, [proposal.item_no for proposal in chosen]) if chosen else {}
        judge = Judge(asked)
        for proposal in chosen:
            stored = unpacked(held.get(proposal.item_no, b""))
            if stored is not None:
                agreement = judge.compare(stored, upright=proposal.upright, inverted=proposal.inverted)
                if agreement is not None:
                    yield Judged(proposal, agreement)

    def _near(self, prints: Fingerprints, question: Question) -> Iterator["_Near"]:
        """What lies near every print that may be asked with: looked for once, to decide and to propose."""
        for entry in prints.prints:
            calibration = admitted(entry) if is_image_method(entry.method) else None
            if calibration is not None:
                most = _FROM_EACH.get(entry.method, _FROM_ASKED)
                if calibration.method == PDQ_METHOD:
                    many = self._vectors.size(PDQ_METHOD) > _MANY
                    reach = _PDQ_REACH_AMONG_MANY if many else _PDQ_REACH
                    wanted = max(most, question.limit)
                else:
                    reach, wanted = calibration.reach or _VECTOR_REACH, most
                hits = self._vectors.near(entry, calibration, reach, question, wanted)
                yield _Near(entry, calibration, hits, most)


@dataclass(frozen=True, slots=True)
class _Near:
    """What lies near one print, nearest first, and how many of it are proposed."""

    asked: Fingerprint
    calibration: Calibration
    hits: list[Hit]
    proposes: int


def _proposed(near: list[_Near]) -> list[Proposal]:
    proposals = Proposals()
    for each in near:
        proposals.add(each.asked, each.hits[: each.proposes])
    return proposals.chosen()


def _match(judged: Judged, calibration: Calibration) -> RawMatch:
    chance = probability(measured(judged.agreement, judged.proposal.nearest), calibration.weights)
    region = evidence.region(judged.agreement)
    return RawMatch(
        item_no=judged.proposal.item_no,
        method=METHOD,
        score=min(CAP, round(chance, 4)),
        distance=round(1 - chance, 4),
        threshold=calibration.threshold,
        why=evidence.why_region(region),
        region=region,
    )
