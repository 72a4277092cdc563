"""Vectors in Milvus (VECTOR_URL=milvus:http://host:19530, or milvus:/path/file.db for Milvus Lite).

For those whose index outgrows one machine. The same port as our own, with Milvus's flat index, which is
exact; whoever wants another builds it in Milvus. The snapshot holds the collection's name only. Binary codes
travel as ±1 floats, because Milvus Lite knows no binary vectors: their inner product is bits - 2 × Hamming.
"""

import json
import re
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from detector.errors import IndexUnavailable, SnapshotInvalid
from detector.index.port import Hit, Metric

SCHEME = "milvus:"
_MOST = 16_384
"""Milvus returns no more than this for one query."""
_BATCH = 1_000
_TIMEOUT = 10.0
"""Seconds for Milvus to answer the first call."""
_NAME = re.compile(r"assay_[a-z]+_[0-9]+_[0-9a-f]{32}")


def address(url: str) -> str:
    """What pymilvus connects to. Raises ValueError where VECTOR_URL names no Milvus."""
    place = url.removeprefix(SCHEME)
    parts = urlsplit(place)
    is_server = parts.scheme in ("http", "https") and bool(parts.hostname)
    if place == url or not (is_server or (not parts.scheme and place.endswith(".db"))):
        raise ValueError('VECTOR_URL must be "milvus:http://host:port" or "milvus:/path/file.db".')
    return place


def version(url: str) -> str:
    """The version of the Milvus server that VECTOR_URL names. Raises IndexUnavailable."""
    return str(MilvusIndex(url, Metric.COSINE, 2)._asked("get_server_version"))


class MilvusIndex:
    """A VectorIndex in a collection of its own; `width` is bytes a code or dimensions.

    Every call may raise IndexUnavailable. The collection is made when something is added first.
    """

    def __init__(self, url: str, metric: Metric, width: int) -> None:
        self.metric, self.width = metric, width
        self._dimensions = width * 8 if metric is Metric.HAMMING else width
        self._name = f"assay_{metric}_{width}_{uuid.uuid4().hex}"
        try:
            import pymilvus
        except ImportError as error:
            raise IndexUnavailable("VECTOR_URL names Milvus; `pip install pymilvus` first.") from error
        self._milvus: Any = pymilvus
        self._client: Any = None
        self._address = address(url)
        self._is_there = False

    def _asked(self, what: str, *arguments: Any, **named: Any) -> Any:
        try:
            if self._client is None:
                self._client = self._milvus.MilvusClient(uri=self._address, timeout=_TIMEOUT)
            return getattr(self._client, what)(*arguments, **named)
        except (self._milvus.MilvusException, OSError) as error:
            raise IndexUnavailable(f"Milvus does not answer as it should: {error}") from error

    def _make(self) -> None:
        if self._is_there:
            return
        kinds = self._milvus.DataType
        schema = self._milvus.MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("id", kinds.INT64, is_primary=True)
        schema.add_field("vector", kinds.FLOAT_VECTOR, dim=self._dimensions)
        index = self._milvus.MilvusClient.prepare_index_params()
        index.add_index(field_name="vector", index_type="FLAT", metric_type="IP")
        self._asked("create_collection", self._name, schema=schema, index_params=index)
        self._is_there = True

    def _floats(self, vectors: NDArray[Any]) -> NDArray[np.float32]:
        if self.metric is Metric.COSINE:
            return np.ascontiguousarray(vectors, dtype=np.float32).reshape(-1, self.width)
        codes = np.asarray(vectors, dtype=np.uint8).reshape(-1, self.width)
        return np.unpackbits(codes, axis=1).astype(np.float32) * 2 - 1

    def add(self, ids: NDArray[np.int64], vectors: NDArray[Any]) -> None:
        """Store rows; those of an id that is there already are replaced."""
        if not len(ids):
            return
        self._make()
        rows = self._floats(vectors)
        for first in range(0, len(ids), _BATCH):
            part = slice(first, first + _BATCH)
            held = [
                {"id": int(i), "vector": row.tolist()} for i, row in zip(ids[part], rows[part], strict=True)
            ]
            self._asked("upsert", self._name, held)

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Forget these ids; unknown ones are ignored."""
        if self._is_there and len(ids):
            for first in range(0, len(ids), _BATCH):
                self._asked("delete", self._name, ids=[int(i) for i in ids[first : first + _BATCH]])

    def search(self, queries: NDArray[Any], k: int, radius: float) -> list[list[Hit]]:
        """As VectorIndex says, for a `k` of at most 16,384."""
        if not self._is_there or not len(queries) or k < 1:
            return [[] for _ in queries]
        found = self._asked(
            "search",
            self._name,
            data=self._floats(queries).tolist(),
            limit=min(k, _MOST),
            output_fields=["id"],
            anns_field="vector",
            consistency_level="Strong",
        )
        return [self._near(row, radius) for row in found]

    def _near(self, row: Any, radius: float) -> list[Hit]:
        hits = [Hit(int(each["id"]), self._distance(float(each["distance"]))) for each in row]
        return sorted((h for h in hits if h.distance <= radius), key=lambda hit: (hit.distance, hit.id))

    def _distance(self, product: float) -> float:
        if self.metric is Metric.COSINE:
            return 1.0 - product
        return float(round((self._dimensions - product) / 2))

    def __len__(self) -> int:
        if not self._is_there:
            return 0
        wanted = {"output_fields": ["count(*)"], "filter": "", "consistency_level": "Strong"}
        return int(self._asked("query", self._name, **wanted)[0]["count(*)"])

    def save(self, path: Path) -> None:
        """Note which collection this is; Milvus keeps the rows."""
        note = {"collection": self._name, "rows": len(self), "width": self.width}
        path.write_text(json.dumps(note))

    def load(self, path: Path) -> None:
        """Go on with the collection that save() noted. Raises SnapshotInvalid where it is not as it was."""
        try:
            note = json.loads(path.read_text())
            name, rows, width = str(note["collection"]), int(note["rows"]), int(note["width"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SnapshotInvalid(f"The index file {path.name} cannot be read.") from error
        if width != self.width or not _NAME.fullmatch(name) or f"_{self.metric}_" not in name:
            raise SnapshotInvalid(f"The index file {path.name} is of another shape.")
        if rows and not self._asked("has_collection", name):
            raise SnapshotInvalid("Milvus no longer has the collection that the snapshot names.")
        self._name, self._is_there = name, bool(rows)
        if len(self) < rows:
            raise SnapshotInvalid("Milvus holds less than it did when the snapshot was taken.")

    def drop(self) -> None:
        """Delete the collection, for good."""
        if self._is_there:
            self._asked("drop_collection", self._name)
            self._is_there = False
