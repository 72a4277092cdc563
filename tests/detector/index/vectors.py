"""Rows in clusters, as near-duplicates lie, for every test of an index."""

import numpy as np

from detector.index.port import Metric

WIDTHS = {Metric.HAMMING: 32, Metric.COSINE: 24}


def vectors(metric: Metric, number: int, rng: np.random.Generator, clusters: int = 4) -> np.ndarray:
    if metric is Metric.HAMMING:
        base = rng.integers(0, 256, (clusters, 32), dtype=np.uint8)
        noise = (rng.random((number, 32)) < 0.1) * rng.integers(0, 256, (number, 32), dtype=np.uint8)
        return base[rng.integers(0, clusters, number)] ^ noise.astype(np.uint8)
    rows = rng.normal(size=(clusters, 24))[rng.integers(0, clusters, number)]
    rows = rows + rng.normal(size=(number, 24)) * 0.2
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
