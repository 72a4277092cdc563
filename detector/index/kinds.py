"""Which index when: sizes from measurements (docs/adr/0024), and the segments of either metric."""

from dataclasses import dataclass
from pathlib import Path

from detector.index.port import Metric
from detector.index.segment import Segment


@dataclass(frozen=True, slots=True)
class Sizes:
    """Up to `tail` rows are searched flat; a merge takes in every segment less than `ratio` times as large.
    Whoever adds millions at once waits while more than `behind` rows are in the tail (400 MB of vectors)."""

    tail: int
    ratio: int = 4
    behind: int = 2**62


_CODES = Sizes(tail=100_000, behind=4_000_000)
_VECTORS = Sizes(tail=16_384, behind=262_144)
_FLAT = Sizes(tail=2**62)


def sizes_for(metric: Metric, width: int) -> Sizes:
    """What an index of this metric does best; codes of odd widths have no tables and stay flat."""
    if metric is Metric.HAMMING:
        return _CODES if width % 8 == 0 else _FLAT
    return _VECTORS


def open_segment(folder: Path, metric: Metric, width: int, device: str = "cpu") -> Segment:
    """The segment in `folder`, mapped; `device` is where vectors are searched. Raises SnapshotInvalid."""
    if metric is Metric.HAMMING:
        from detector.index.pigeonhole import CodeSegment

        return CodeSegment(folder, width)
    from detector.index.inverted import VectorSegment

    return VectorSegment(folder, width, device)


def write_search_files(folder: Path, metric: Metric) -> None:
    """Build what the segment in `folder` is searched with, from its rows."""
    if metric is Metric.HAMMING:
        from detector.index.pigeonhole import write_tables

        write_tables(folder)
    else:
        from detector.index.inverted import write_lists

        write_lists(folder)
