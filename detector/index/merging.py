"""Several parts made one segment: the rows in the order of their ids, then the files to search them with."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.index.kinds import write_search_files
from detector.index.port import Metric
from detector.index.segment import blocks, create


@dataclass(frozen=True, slots=True)
class Part:
    """Rows to take: rows[places] belong to `ids`, in that order."""

    ids: NDArray[np.int64]
    rows: NDArray[Any]
    places: NDArray[np.int64]


def write(folder: Path, metric: Metric, width: int, parts: Sequence[Part]) -> None:
    """Write a segment of all parts into `folder`. Ids occur in one part only. Memory: a few bytes a row."""
    ids = np.concatenate([part.ids for part in parts])
    order = np.argsort(ids, kind="stable")
    np.save(folder / "ids.npy", ids[order])
    ends = np.cumsum([len(part.ids) for part in parts])
    kind = np.uint8 if metric is Metric.HAMMING else np.float16
    rows = create(folder, "rows", kind, (len(ids), width))
    for block in blocks(len(ids)):
        wanted = order[block]
        owners = np.searchsorted(ends, wanted, side="right")
        for number, part in enumerate(parts):
            mine = np.flatnonzero(owners == number)
            places = part.places[wanted[mine] - (ends[number] - len(part.ids))]
            rows[block.start + mine] = part.rows[places]
    del rows
    write_search_files(folder, metric)
