"""The match stage: an item's fingerprints against all that is indexed, fused to the best finding per item."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.errors import SnapshotInvalid
from detector.fingerprints.audio import METHOD as AUDIO_METHOD
from detector.fingerprints.fingerprint import Fingerprint, Fingerprints
from detector.fingerprints.shingles import SKELETON_METHOD
from detector.fingerprints.sift import METHOD as SIFT_METHOD
from detector.fingerprints.video import METHOD as VIDEO_METHOD
from detector.index.build import faiss_index
from detector.matching.audio import AudioMatcher
from detector.matching.content_code import ContentCodeMatcher
from detector.matching.digest import DigestMatcher
from detector.matching.finding import MOST_MATCHES, MediumMatcher, Question, RawMatch
from detector.matching.image import ImageMatcher
from detector.matching.text import TextMatcher
from detector.matching.values import KeptValues, ReadValues
from detector.matching.vectors import MakeIndex
from detector.matching.video import VideoMatcher

READ_METHODS = (SKELETON_METHOD, SIFT_METHOD, AUDIO_METHOD, VIDEO_METHOD)
"""Fingerprints that no index holds."""


class Matcher:
    """All indexes of one process. Not safe to change and ask at once: the caller holds a lock."""

    def __init__(
        self,
        make_index: MakeIndex = faiss_index,
        read_values: ReadValues | None = None,
        place: Path | None = None,
    ) -> None:
        """What no index holds is kept in memory unless `read_values` reads it elsewhere. Files of digests are
        kept below `place`, as Workplace says."""
        self._kept = KeptValues(() if read_values else READ_METHODS)
        read = read_values or self._kept.read
        self._media: dict[str, MediumMatcher] = {
            "digest": DigestMatcher(place),
            "text": TextMatcher(make_index, read),
            "image": ImageMatcher(make_index, read),
            "audio": AudioMatcher(read),
            "video": VideoMatcher(make_index, read),
            "content_code": ContentCodeMatcher(make_index),
        }

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that have something indexed."""
        return tuple(method for matcher in self._media.values() for method in matcher.methods)

    def add(self, item_no: int, prints: Fingerprints) -> None:
        """Index one item under a number never used before."""
        self.add_many([(item_no, prints.prints)])

    def add_many(self, items: Collection[tuple[int, Collection[Fingerprint]]]) -> None:
        """Index many items at once; each number was never used before."""
        self._kept.add_many(items)
        for matcher in self._media.values():
            matcher.add_many(items)

    def remove(self, item_nos: Collection[int]) -> None:
        """Forget these items for good."""
        self._kept.remove(item_nos)
        for matcher in self._media.values():
            matcher.remove(item_nos)

    def match(
        self,
        prints: Fingerprints,
        *,
        exclude: Collection[int] = (),
        accept: Callable[[int], bool] | None = None,
        accept_many: Callable[[NDArray[np.int64]], NDArray[np.bool_]] | None = None,
        limit: int = MOST_MATCHES,
    ) -> list[RawMatch]:
        """The items that this one resembles, best first, at most `limit`.

        Items in `exclude`, and those that `accept` refuses, do not count; `accept_many`, if given, says the
        same as `accept` of many at once. An item found by several methods is
        reported by the one that puts it nearest.
        """

        def counts(item_no: int) -> bool:
            return item_no not in exclude and (accept is None or accept(item_no))

        def count(item_nos: NDArray[np.int64]) -> NDArray[np.bool_]:
            return accept_many(item_nos) & ~np.isin(item_nos, np.array([*exclude], np.int64))  # type: ignore[misc]

        best: dict[int, RawMatch] = {}
        question = Question(counts, limit, accept_many and count)
        for matcher in self._media.values():
            for found in matcher.match(prints, question):
                known = best.get(found.item_no)
                if known is None or found.score > known.score:
                    best[found.item_no] = found
        return sorted(best.values(), key=lambda match: (-match.score, match.item_no))[:limit]

    def save(self, folder: Path) -> Mapping[str, Any]:
        """Write everything indexed into `folder`; returns what load() has to be told."""
        return {name: dict(matcher.save(folder)) for name, matcher in self._media.items()}

    def load(self, folder: Path, notes: Mapping[str, Any]) -> None:
        """Read what save() wrote. Raises SnapshotInvalid, and then holds nothing to rely on."""
        for name, matcher in self._media.items():
            if not isinstance(notes.get(name), Mapping):
                raise SnapshotInvalid(f"The snapshot says nothing of the {name} indexes.")
            matcher.load(folder, notes[name])
