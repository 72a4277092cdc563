"""Vectors in inverted lists (FAISS IVF, a byte a dimension): what a million and more of them are searched
with.

A search reads the lists nearest to the query and measures again, with the vectors as they were added, what it
finds there: distances are right to half precision, and nothing beyond the radius is ever returned. Within a
small radius, and for proposals at any distance, it reads sketches (signs.py) of what the lists hold, between
them a byte a dimension. Which lists hold what is near is a matter of chance, and of how far "near" reaches;
so how many are read is measured for every segment when it is built (_measure_probes), for radii from 0.05 to
0.65, to find 99.7 % of what lies at that distance in a random direction. Beyond, a bounded part is read.
Everything is seeded and in the order of ids: the same rows give the same segment.
"""

import json
from pathlib import Path
from typing import Any

import faiss as _faiss
import numpy as np
from numpy.typing import NDArray

from detector.errors import SnapshotInvalid
from detector.index import gpu, signs
from detector.index.segment import Near, blocks, mapped
from detector.index.threads import one_thread

faiss: Any = _faiss
"""Its stubs know neither arrays nor keyword arguments."""
_SEED = 20261124
_MOST_LISTS = 4096
_ROWS_A_LIST = 64
"""Rows that k-means sees for each list: this bounds the time that training takes."""
_ROUNDS = 8
_SAMPLED = 2_000
"""Rows from which the lists to read are measured."""
_FOUND_SHARE = 0.997
_RADII = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65)
_READ_BEYOND, _SHARE_BEYOND = 250_000, 0.05
"""Beyond the last of _RADII everything is near: a search there proposes. It reads the sketches in the lists
of so many rows, or of this share of all, and measures _PROPOSED rows."""
_PROPOSED = 2_000
_FEWEST = 8
"""Lists read at least: vectors that come later may lie otherwise than those measured."""
_MARGIN = 0.01
"""What a byte a dimension may put a distance wrong by."""
_SPARE = 16
_MOST_CHECKED = 4096
"""Rows that the sketches let pass, more of which are told apart by a byte a dimension first."""
Floats = NDArray[np.float32]


def _lists(number: int) -> int:
    """About 1.3 √n lists, a power of two: half of the work goes to choosing lists, half to reading them."""
    return int(min(_MOST_LISTS, max(1, 2 ** round(np.log2(1.3 * np.sqrt(number)))))) if number >= 256 else 1


def _some(rows: NDArray[Any], number: int, rng: np.random.Generator) -> Floats:
    chosen = np.sort(rng.choice(len(rows), min(number, len(rows)), replace=False))
    return np.ascontiguousarray(rows[chosen], dtype=np.float32)


def _centroids(rows: NDArray[Any], lists: int, rng: np.random.Generator) -> Any:
    width = rows.shape[1]
    quantiser = faiss.IndexFlatIP(width)
    sample = _some(rows, _ROWS_A_LIST * lists, rng)
    means = faiss.Clustering(width, lists)
    means.niter, means.seed, means.spherical = _ROUNDS, _SEED, True
    means.min_points_per_centroid, means.max_points_per_centroid = 1, _ROWS_A_LIST
    means.train(sample, quantiser)
    return quantiser


def write_lists(folder: Path) -> None:
    """Build the lists of the vectors in folder/rows.npy (n, dimensions; float16)."""
    one_thread()
    rng = np.random.default_rng(_SEED)
    rows = np.asarray(np.load(folder / "rows.npy", mmap_mode="r"))
    number, width = rows.shape
    lists = _lists(number)
    quantiser = _centroids(rows, lists, rng)
    index = faiss.IndexIVFScalarQuantizer(
        quantiser, width, lists, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT, False
    )
    index.train(_some(rows, _ROWS_A_LIST * _MOST_LISTS // 4, rng))
    signs.write_sketches(folder, _fill(index, rows), lists)
    probes = _measure_probes(quantiser, lists, _some(rows, _SAMPLED, rng), rng)
    (folder / "probes.json").write_text(json.dumps(probes))
    faiss.write_index(index, str(folder / "lists.faiss"))


def _fill(index: Any, rows: NDArray[Any]) -> NDArray[np.int64]:
    """Add all rows, room for each list made first: growing lists would take twice the memory. Returns the
    list of each row."""
    number = len(rows)
    places = np.empty(number, dtype=np.int64)
    for part in blocks(number):
        block = np.ascontiguousarray(rows[part], dtype=np.float32)
        places[part] = index.quantizer.search(block, 1)[1][:, 0]
    held = faiss.downcast_InvertedLists(index.invlists)
    for place, size in enumerate(np.bincount(places, minlength=index.nlist)):
        held.resize(place, int(size))
        held.resize(place, 0)
    numbers = np.arange(number, dtype=np.int64)
    for part in blocks(number):
        block = np.ascontiguousarray(rows[part], dtype=np.float32)
        given, chosen = numbers[part], np.ascontiguousarray(places[part])
        index.add_core(len(block), *(faiss.swig_ptr(held) for held in (block, given, chosen)))
    index.ntotal = number
    return places


def _measure_probes(quantiser: Any, lists: int, sample: Floats, rng: np.random.Generator) -> list[int]:
    """For each of _RADII how many lists to read, so that rows at that distance are found."""
    if lists == 1:
        return [1] * len(_RADII)
    own = quantiser.search(sample, 1)[1]
    probes = []
    for radius in _RADII:
        noise = rng.normal(size=sample.shape).astype(np.float32)
        noise -= (noise * sample).sum(axis=1, keepdims=True) * sample
        noise /= np.linalg.norm(noise, axis=1, keepdims=True)
        moved = (1 - radius) * sample + np.float32(np.sqrt(1 - (1 - radius) ** 2)) * noise
        near = quantiser.search(np.ascontiguousarray(moved), lists)[1]
        ranks = np.argmax(near == own, axis=1)
        probes.append(1 + int(np.quantile(ranks, _FOUND_SHARE, method="higher")))
    return [int(most) for most in np.maximum.accumulate(probes)]


class VectorSegment:
    """Unit vectors of `width` dimensions: a byte a dimension in memory, half precision beside it on the
    disk."""

    def __init__(self, folder: Path, width: int, device: str = "cpu") -> None:
        """Map what is in `folder`; on a GPU it is copied there. Raises SnapshotInvalid."""
        self.folder = folder
        self.ids = mapped(folder, "ids", np.int64, (None,))
        self.rows = mapped(folder, "rows", np.float16, (len(self.ids), width))
        path = folder / "lists.faiss"
        try:
            self._index: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
            self._probes = [int(probes) for probes in json.loads((folder / "probes.json").read_text())]
        except (RuntimeError, OSError, ValueError, TypeError) as error:
            raise SnapshotInvalid(f"The index file {path.name} cannot be read.") from error
        if not isinstance(self._index, faiss.IndexIVFScalarQuantizer) or self._index.d != width:
            raise SnapshotInvalid(f"The index file {path.name} is of another shape.")
        if self._index.ntotal != len(self.ids) or len(self._probes) != len(_RADII):
            raise SnapshotInvalid(f"The index file {path.name} is of another shape.")
        self._sketches = mapped(folder, "sketches", np.uint64, (len(self.ids), signs.BITS // 64))
        self._listed = mapped(folder, "listed", np.uint32, (len(self.ids),))
        self._bounds = mapped(folder, "bounds", np.int64, (int(self._index.nlist) + 1,))
        self._on_gpu = gpu.copied(self._index, device)

    def probes(self, radius: float) -> int:
        """How many lists are read for what lies within `radius`."""
        lists = int(self._index.nlist)
        known = (probes for limit, probes in zip(_RADII, self._probes, strict=True) if radius <= limit + 1e-9)
        share = max(_SHARE_BEYOND, _READ_BEYOND / max(1, len(self.ids)))
        return min(lists, max(_FEWEST, next(known, round(share * lists))))

    def search(self, queries: NDArray[Any], k: int, radius: float, dead: NDArray[np.uint8]) -> list[Near]:
        """As Segment says; what is returned is within the radius, and 99 % of what is within it returned."""
        one_thread()
        asked = np.ascontiguousarray(queries, dtype=np.float32)
        far = radius > _RADII[-1] + 1e-9 and k <= _PROPOSED // 4
        if self._on_gpu is not None or not (far or radius <= signs.FARTHEST):
            return self._by_bytes(asked, k, radius, dead)
        lists = self._index.quantizer.search(asked, self.probes(radius))[1]
        answers = []
        for query, sketch, chosen in zip(asked, signs.sketches(asked), lists, strict=True):
            found = self._like(sketch, chosen, radius)
            if found is None:
                answers += self._by_bytes(query[np.newaxis], k, radius, dead)
                continue
            places = self._listed[found].astype(np.int64)
            if len(dead):
                places = places[(dead[places >> 3] >> (places & 7)) & 1 == 0]
            answers.append(self._measured(query, places, k, radius))
        return answers

    def _like(
        self, sketch: NDArray[np.uint64], lists: NDArray[np.int64], radius: float
    ) -> NDArray[np.int64] | None:
        """The positions to be measured: of all that may lie within a small radius, of the likest beyond the
        last of _RADII; None where they are too many."""
        from detector.index.signs_kernel import near_sketches, nearest_sketches

        if radius > signs.FARTHEST:
            likest = np.empty(_PROPOSED, dtype=np.int64)
            return likest[: nearest_sketches(self._sketches, self._bounds, lists, sketch, likest)]
        found = np.empty(_MOST_CHECKED, dtype=np.int64)
        most = signs.limit(radius)
        count = near_sketches(self._sketches, self._bounds, lists, sketch, most, found)
        return found[:count] if count <= len(found) else None

    def _by_bytes(self, asked: Floats, k: int, radius: float, dead: NDArray[np.uint8]) -> list[Near]:
        wanted = min(k + _SPARE, len(self.ids))
        measured, places = self._candidates(asked, wanted, radius, dead)
        close = (places >= 0) & (1 - measured <= radius + _MARGIN)
        return [
            self._measured(query, row[kept], k, radius)
            for query, row, kept in zip(asked, places, close, strict=True)
        ]

    def _candidates(
        self, asked: Floats, wanted: int, radius: float, dead: NDArray[np.uint8]
    ) -> tuple[Floats, NDArray[np.int64]]:
        """Inner products by a byte a dimension, and row numbers; -1 where there are no more."""
        probes = self.probes(radius)
        if self._on_gpu is not None and not len(dead) and wanted <= gpu.MOST_ASKED:
            found = self._on_gpu.search(asked, wanted, params=faiss.SearchParametersIVF(nprobe=probes))
        elif len(dead):
            gone = faiss.IDSelectorBitmap(dead)
            settings = faiss.SearchParametersIVF(nprobe=probes, sel=faiss.IDSelectorNot(gone))
            found = self._index.search(asked, wanted, params=settings)
        else:
            found = self._index.search(asked, wanted, params=faiss.SearchParametersIVF(nprobe=probes))
        return found[0], found[1]

    def _measured(self, query: Floats, places: NDArray[np.int64], k: int, radius: float) -> Near:
        distances = np.float32(1) - self.rows[places].astype(np.float32) @ query
        ids = self.ids[places]
        order = np.lexsort((ids, distances))
        order = order[distances[order] <= radius][:k]
        return Near(distances[order], ids[order])
