"""An empty index for a metric: one that grows for use, the exact one as its oracle."""

from collections.abc import Callable
from pathlib import Path

from detector.index.exact import ExactIndex
from detector.index.port import Metric, VectorIndex


def faiss_index(metric: Metric, width: int, *, place: Path | None = None, device: str = "cpu") -> VectorIndex:
    """An index for any number of rows; `width` is bytes a code (HAMMING) or dimensions (COSINE).

    What outgrows memory is written below `place` (None: the system's folder for temporary files).
    """
    from detector.index.growing import GrowingIndex

    return GrowingIndex(metric, width, place=place, device=device)


def index_maker(
    url: str, *, place: Path | None = None, device: str = "cpu"
) -> Callable[[Metric, int], VectorIndex]:
    """What makes indexes for VECTOR_URL: our own where it is empty, else Milvus ("milvus:…")."""

    def ours(metric: Metric, width: int) -> VectorIndex:
        return faiss_index(metric, width, place=place, device=device)

    def milvus(metric: Metric, width: int) -> VectorIndex:
        from detector.index.milvus import MilvusIndex

        return MilvusIndex(url, metric, width)

    return milvus if url else ours


def exact_index(metric: Metric, width: int) -> VectorIndex:
    """The numpy oracle, for tests and for a machine without FAISS."""
    return ExactIndex(metric, width)
