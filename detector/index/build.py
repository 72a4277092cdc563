"""An empty index for a metric: FAISS for use, the exact one as its oracle."""

from detector.index.exact import ExactIndex
from detector.index.port import Metric, VectorIndex


def faiss_index(metric: Metric, width: int) -> VectorIndex:
    """FAISS's flat index; `width` is bytes a code (HAMMING) or dimensions (COSINE)."""
    from detector.index.faiss_flat import FaissBinaryIndex, FaissFloatIndex

    return FaissBinaryIndex(width) if metric is Metric.HAMMING else FaissFloatIndex(width)


def exact_index(metric: Metric, width: int) -> VectorIndex:
    """The numpy oracle, for tests and for a machine without FAISS."""
    return ExactIndex(metric, width)
