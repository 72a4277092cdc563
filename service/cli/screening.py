"""Screening files, folders and streams with no service: detector.screening and the policy, put together."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from detector.fingerprints.compute import Embedders
from detector.fingerprints.image_models import image_model
from detector.fingerprints.minilm import SentenceEmbedder
from detector.media.image import ImageLimits
from detector.media.workers import Workers
from detector.screening import ScreenResult, screen
from detector.similarity import Match
from detector.sources import ScreenItem, read_sources
from service import policy
from service.cli.progress import Steps
from service.policy import Verdict
from service.settings.env import Config


@dataclass(frozen=True, slots=True)
class Screened:
    """One item, what it resembles, and what to do about it."""

    result: ScreenResult
    verdict: Verdict

    def as_dict(self) -> dict[str, Any]:
        """The object that `screen --json` prints (DESIGN section 3).

        `found_from` is there only where the item found no fellow itself: see ScreenResult.
        """
        other = self.result.found_from
        return {
            "item": self.result.item,
            "matches": [_matched(match) for match in self.result.matches],
            "campaign": self.result.campaign,
            "action": self.verdict.action.value,
            "reasons": [
                {"code": reason.code, "sentence": reason.sentence} for reason in self.verdict.reasons
            ],
        } | ({} if other is None else {"found_from": _matched(other)})


def _matched(match: Match) -> dict[str, Any]:
    told: dict[str, Any] = {
        "item": match.item,
        "score": match.score,
        "distance": match.distance,
        "method": match.method,
        "threshold": match.threshold,
        "why": match.why,
    }
    return told if match.region is None else told | {"region": asdict(match.region)}


def embedders(config: Config) -> Embedders:
    """The configured models, each loaded when the first text or picture comes."""
    text = SentenceEmbedder(config.embedder_text, config.device)
    image = image_model(config.embedder_image, config.device)
    return Embedders(text=text, image=image, image_limits=ImageLimits(), workers=Workers())


def items_of(paths: Sequence[Path]) -> list[ScreenItem]:
    """Every item under `paths`. Raises DetectorError naming a bad line or a missing path."""
    return list(read_sources(paths))


def screened(
    items: Sequence[ScreenItem], references: Sequence[ScreenItem] | None, models: Embedders, shown: Steps
) -> Iterator[Screened]:
    """Screen `items` against one another, or against `references`; in order."""

    def done(item: ScreenItem) -> None:
        shown.note(item.id)
        shown.advance()

    for result in screen(items, references, models, done=done):
        yield Screened(result, policy.screening(result.similarity))
