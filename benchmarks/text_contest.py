"""Texts found again, by us and by others: each contender is asked the same questions among the same texts."""

import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from benchmarks import text_peers
from benchmarks.scored import Scored
from benchmarks.text_peers import Floats, Peer
from detector.calibrate_text import Row, unrelated, words_of
from detector.fingerprints.text_normaliser import normalise, skeleton, spoken
from detector.text_edits import Edit

OURS = "Assay"
_FALSE_SHARE = 0.001
_PROCESSES = 3
"""Contenders at once, each with one thread."""


@dataclass(frozen=True, slots=True)
class Message:
    """A text, and the label and words by which unrelated() tells whether another one says the same.

    `told` is the text itself or, where words cannot be told apart in it, its English original.
    """

    text: str
    told: Row

    @property
    def words(self) -> frozenset[str]:
        """The words it is told by."""
        return words_of(self.told[1])


@dataclass(frozen=True, slots=True)
class Contest:
    """What all contenders see: messages to set thresholds with, messages that are kept, and by the edit's
    name those edited copies of some of them that the edit changed: (number of the message kept, copy).

    `apart` are the messages that false matches are counted among, where it is not those kept.
    """

    tuning: Sequence[Message]
    held: Sequence[Message]
    edited: Mapping[str, Sequence[tuple[int, str]]]
    apart: Sequence[Message] = ()

    @property
    def unrelated(self) -> Sequence[Message]:
        """Those that false matches are counted among."""
        return self.apart or self.held


def copies(
    held: Sequence[Message], chosen: Sequence[int], edit: Edit, rng: random.Random
) -> list[tuple[int, str]]:
    """The copies of the chosen messages, of those that the edit does something to."""
    made = [(number, edit(held[number].text, rng)) for number in chosen]
    return [(number, text) for number, text in made if text != held[number].text]


def scored(
    contest: Callable[[], Contest], names: Sequence[str], core: Sequence[str]
) -> tuple[Scored, float, list[Scored]]:
    """Ours, its false share among the edited texts, and the peers of these names that can be had.

    `contest` makes the contest anew in each process; `core` are the edits whose mean recall curves show.
    """
    # Before any process starts: one that is older would not see what this installs.
    there = [name for name in names if text_peers.is_there(name)]
    with ProcessPoolExecutor(_PROCESSES, mp_context=get_context("spawn")) as pool:
        waiting = pool.submit(_ours, contest, core)
        peers_waiting = [pool.submit(_theirs, name, contest, core) for name in there]
        ours, false_edited = waiting.result()
        return ours, false_edited, [each.result() for each in peers_waiting]


def _ours(make: Callable[[], Contest], core: Sequence[str]) -> tuple[Scored, float]:
    """The product's own path, fingerprints to matches; and the false share among the edited texts."""
    contest = make()
    kept = _Kept(contest.held)
    share = float(np.mean((_Kept(contest.apart) if contest.apart else kept).met()))
    recall: dict[str, float] = {}
    of_edited: list[bool] = []
    for name, asked in contest.edited.items():
        found = kept.found([text for _, text in asked])
        recall[name] = float(np.mean([i in each for (i, _), each in zip(asked, found, strict=True)]))
        of_edited += [
            kept.false(i, [o for o in each if o != i]) for (i, _), each in zip(asked, found, strict=True)
        ]
    point = [(share, float(np.mean([recall[name] for name in core])))]
    return Scored(OURS, recall, share, point), float(np.mean(of_edited))


class _Kept:
    """Messages in the product's own matcher, by their place."""

    def __init__(self, held: Sequence[Message]) -> None:
        from detector.fingerprints.compute import Embedders, text_fingerprints
        from detector.fingerprints.minilm import SentenceEmbedder
        from detector.match import Matcher

        embedders = Embedders(text=SentenceEmbedder(threads=1))
        self._prints = partial(text_fingerprints, embedders=embedders)
        self._held = self._prints([message.text for message in held])
        self._matcher = Matcher()
        self._matcher.add_many([(number, each.prints) for number, each in enumerate(self._held)])
        self._told = [message.told for message in held]
        self._words = [message.words for message in held]

    def found(self, texts: Sequence[str]) -> list[list[int]]:
        """What each text meets."""
        return [[match.item_no for match in self._matcher.match(each)] for each in self._prints(texts)]

    def met(self) -> list[bool]:
        """Of each message: whether it meets another one that says something else."""
        matched = self._matcher.match
        others = [
            [m.item_no for m in matched(own, exclude={number})] for number, own in enumerate(self._held)
        ]
        return [self.false(number, each) for number, each in enumerate(others)]

    def false(self, number: int, others: Sequence[int]) -> bool:
        """Whether one of the others says something else than this message."""
        told, words = self._told, self._words
        return any(unrelated(told[number], told[o], (words[number], words[o])) for o in others)


def _raw(text: str) -> str:
    return text


def _words(text: str) -> str:
    return spoken(normalise(text))


def _bones(text: str) -> str:
    return skeleton(normalise(text))


PEERS: Mapping[str, tuple[Callable[[str], Peer], Callable[[str], str]]] = {
    "MiniLM": (text_peers.cosine, _raw),
    "MiniLM, normalised": (text_peers.cosine, _words),
    "MinHash": (text_peers.minhash, _raw),
    "MinHash, normalised": (text_peers.minhash, _bones),
    "SimHash": (text_peers.simhash, _raw),
    "SimHash, normalised": (text_peers.simhash, _bones),
    "TLSH": (text_peers.tlsh, _raw),
    "TLSH, normalised": (text_peers.tlsh, _bones),
}
"""Each alone, on the text as it came and on what our normaliser makes of it."""


def _theirs(name: str, make_contest: Callable[[], Contest], core: Sequence[str]) -> Scored:
    make, clean = PEERS[name]
    peer, contest = make(name), make_contest()
    tuned = _nearest_unrelated(peer, contest.tuning, clean)
    # A distance that is nobody's: nothing at or above the nearest false one counts.
    limit = float(np.quantile(tuned, _FALSE_SHARE, method="lower"))
    nearest = _nearest_unrelated(peer, contest.unrelated, clean)
    own = {name: _apart(peer, contest, name, clean) for name in contest.edited}
    recall = {name: float(np.mean(distances < limit)) for name, distances in own.items()}
    steps = np.unique(np.quantile(nearest, np.linspace(0, 0.2, 60)))
    curve = [
        (float(np.mean(nearest <= step)), float(np.mean([np.mean(own[name] <= step) for name in core])))
        for step in steps
    ]
    return Scored(peer.name, recall, float(np.mean(nearest < limit)), curve)


def _apart(peer: Peer, contest: Contest, name: str, clean: Callable[[str], str]) -> Floats:
    """How far each copy is from its message."""
    asked = contest.edited[name]
    rows = peer.rows([clean(text) for _, text in asked])
    targets = peer.rows([clean(contest.held[number].text) for number, _ in asked])
    own: Floats = np.diagonal(peer.distances(rows, targets)).astype(np.float32)
    return own


def _nearest_unrelated(
    peer: Peer, messages: Sequence[Message], clean: Callable[[str], str]
) -> NDArray[np.float32]:
    """Each message's distance to the nearest one that says something else."""
    made = peer.rows([clean(message.text) for message in messages])
    words = [message.words for message in messages]
    told = [message.told for message in messages]
    nearest = np.empty(len(messages), dtype=np.float32)
    for first in range(0, len(messages), 256):
        block: Floats = peer.distances(made[first : first + 256], made)
        for offset, distances in enumerate(block):
            number = first + offset
            for other in np.argsort(distances, kind="stable"):
                if other != number and unrelated(told[number], told[other], (words[number], words[other])):
                    nearest[number] = distances[other]
                    break
    return nearest
