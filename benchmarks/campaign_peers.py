"""What others put near-duplicates together with: every setting tried gives pairs, which union-find joins."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from detector.fingerprints.text_normaliser import normalise, skeleton, spoken

Pairs = list[tuple[int, int]]


def joined(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Connected groups of two or more, by union-find (Tarjan 1975)."""
    above: dict[int, int] = {}

    def root(item: int) -> int:
        while above.setdefault(item, item) != item:
            above[item] = above[above[item]]
            item = above[item]
        return item

    for first, second in pairs:
        above[root(first)] = root(second)
    groups: dict[int, list[int]] = {}
    for item in list(above):
        groups.setdefault(root(item), []).append(item)
    return [group for group in groups.values() if len(group) > 1]


def _minhash_lsh(texts: Sequence[str]) -> Mapping[str, Pairs]:
    """datasketch: 128 permutations over sequences of four characters, LSH at three Jaccard thresholds."""
    from datasketch import MinHash, MinHashLSH

    made = []
    for text in texts:
        sketch = MinHash(num_perm=128, seed=1)
        shingles = sorted({text[i : i + 4] for i in range(max(1, len(text) - 3))})
        sketch.update_batch([shingle.encode("utf-8", "surrogatepass") for shingle in shingles])
        made.append(sketch)
    tried = {}
    for threshold in (0.3, 0.5, 0.7):
        index = MinHashLSH(threshold=threshold, num_perm=128)
        pairs: Pairs = []
        for number, sketch in enumerate(made):
            pairs += [(other, number) for other in index.query(sketch)]
            index.insert(number, sketch)
        tried[f"Jaccard {threshold}"] = pairs
    return tried


class _Encoder:
    """The embedded model as semhash takes one: its own default would have to be downloaded."""

    def __init__(self, clean: Callable[[str], str]) -> None:
        from detector.fingerprints.minilm import SentenceEmbedder

        self._clean = clean
        self._model = SentenceEmbedder(threads=1)

    def encode(self, inputs: Sequence[str], **_: Any) -> Any:
        """Vectors of these texts."""
        return self._model.embed([self._clean(text) for text in inputs])


def _semhash(texts: Sequence[str], clean: Callable[[str], str]) -> Mapping[str, Pairs]:
    """semhash over MiniLM, its own nearest-neighbour search, at three cosine thresholds, 0.9 its default."""
    from semhash import SemHash

    records = [{"id": str(number), "text": text or " "} for number, text in enumerate(texts)]
    hashed = SemHash.from_records(records, columns=["text"], model=_Encoder(clean))
    return {
        f"cosine {threshold}": list(_duplicates(hashed.self_deduplicate(threshold=threshold)))
        for threshold in (0.8, 0.85, 0.9)
    }


def _duplicates(result: Any) -> Iterator[tuple[int, int]]:
    for each in result.filtered:
        yield int(each.duplicate_of["id"]), int(each.record["id"])


def _raw(text: str) -> str:
    return text


def _words(text: str) -> str:
    return spoken(normalise(text))


PEERS: Mapping[str, Callable[[Sequence[str]], Mapping[str, Pairs]]] = {
    "MinHashLSH": _minhash_lsh,
    "MinHashLSH, normalised": lambda texts: _minhash_lsh([skeleton(normalise(text)) for text in texts]),
    "semhash": lambda texts: _semhash(texts, _raw),
    "semhash, normalised": lambda texts: _semhash(texts, _words),
}
"""Each on the text as it came, and on what our normaliser makes of it."""
