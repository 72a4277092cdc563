"""Near-duplicate texts: recall by edit and false matches, beside what others use, on half the SMS corpus.

The other half set every threshold, ours (detector/calibrate_text.py) and the peers' (here, at one false
match in a thousand queries). Whether two messages are unrelated is told by their words and labels alone.
"""

import hashlib
import json
import random
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from benchmarks import plots, text_peers
from benchmarks.scored import Scored
from benchmarks.text_edits import OTHER
from benchmarks.text_peers import Floats, Peer
from detector.calibrate_text import Row, half, unrelated, words_of
from detector.fingerprints.text_normaliser import normalise, skeleton, spoken
from detector.text_edits import EDITS
from service.cli.figures import Figure
from service.settings.env import PROJECT

TITLE = "disguised and changed texts found again, and unrelated ones that are not, beside four peers"
CORPUS = PROJECT.parent / "shared" / "eval" / "text" / "sms_spam_collection.tsv"
CALIBRATION = PROJECT / "detector" / "calibration.json"
PICTURES = PROJECT / "docs" / "images" / "bench"
SAMPLE = 40
"""Messages that every edit is made to; the index holds all of the reporting half."""
_SEED = 20261124
_FALSE_SHARE = 0.001
_PROCESSES = 3
"""Contenders at once, each with one thread."""
OURS = "Assay"


@dataclass(frozen=True, slots=True)
class Contest:
    """What all contenders see: the reporting half, the sampled messages and their edited copies by edit."""

    tuning: list[Row]
    held: list[Row]
    chosen: list[int]
    edited: Mapping[str, list[str]]

    @property
    def asked(self) -> list[str]:
        """All edited texts, edit by edit."""
        return [text for texts in self.edited.values() for text in texts]


def measure() -> list[Figure]:
    """Ours first, then the peers, then each edit; draws two pictures into docs/images/bench."""
    contest = _contest()
    # Before any process starts: one that is older would not see what this installs.
    names = [name for name in PEERS if text_peers.is_there(name)]
    with ProcessPoolExecutor(_PROCESSES, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(_ours)]
        peers_waiting = [pool.submit(_scored, name) for name in names]
        ours, false_edited = waiting[0].result()
        peers = [each.result() for each in peers_waiting]
    named, other = list(EDITS), list(OTHER)
    drawn = (ours, peers[0], peers[3])
    plots.bars(
        PICTURES / "text-recall.svg",
        {each.name: {name: each.recall[name] for name in (*named, *other)} for each in drawn},
        "Texts found again by edit",
    )
    plots.curves(PICTURES / "text-roc.svg", {each.name: each.curve for each in (ours, *peers)})
    recall, false = ours.mean(named), ours.false_share
    figures = [
        Figure(f"mean recall, {len(named)} edits", recall * 100, "%", _target(recall >= 0.995, "≥ 99.5 %")),
        Figure("false matches", false * 100, "% of queries", _target(false <= 0.001, "≤ 0.1 %")),
        Figure("false matches of edited texts", false_edited * 100, "% of queries", "no target"),
        Figure(f"mean recall, {len(other)} edits no threshold was set with", ours.mean(other) * 100, "%"),
        Figure("messages compared with", len(contest.held), "", _data(contest)),
    ]
    for peer in peers:
        note = f"false {peer.false_share:.2%} of queries; {peer.mean(other):.1%} on the other edits"
        figures.append(Figure(f"mean recall, {peer.name}", peer.mean(named) * 100, "%", note))
    for name in (*named, *other):
        beside = ", ".join(f"{peer.name} {peer.recall[name]:.0%}" for peer in peers)
        mark = "" if name in EDITS else " (other)"
        figures.append(Figure(f"recall, {name}{mark}", ours.recall[name] * 100, "%", beside))
    return figures


def _target(held: bool, target: str) -> str:
    return f"target {target}: {'held' if held else 'MISSED'}"


def _data(contest: Contest) -> str:
    digests = [hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in (CORPUS, CALIBRATION)]
    return (
        f"reporting half of the SMS Spam Collection, sha256 {digests[0]}…; calibration.json {digests[1]}…; "
        f"each edit on the same {len(contest.chosen)} messages, seed {_SEED}; messages under the floor "
        "left out; pictures: docs/images/bench"
    )


def _contest() -> Contest:
    if not CORPUS.is_file():
        raise RuntimeError(f"{CORPUS.name} is not at {CORPUS.parent}: see docs/detector/text.md.")
    held = half(CORPUS, 1)
    rng = random.Random(_SEED)
    chosen = sorted(rng.sample(range(len(held)), SAMPLE))
    edits = {**EDITS, **OTHER}
    edited = {name: [edit(held[i][1], rng) for i in chosen] for name, edit in edits.items()}
    return Contest(half(CORPUS, 0), held, chosen, edited)


def _ours() -> tuple[Scored, float]:
    """The product's own path, fingerprints to matches; and the false share among the edited texts."""
    from detector.fingerprints.compute import Embedders, text_fingerprints
    from detector.fingerprints.minilm import SentenceEmbedder
    from detector.match import Matcher

    contest = _contest()
    embedders = Embedders(text=SentenceEmbedder(threads=1))
    prints = text_fingerprints([text for _, text in contest.held], embedders)
    matcher = Matcher()
    matcher.add_many([(number, each.prints) for number, each in enumerate(prints)])
    words = [words_of(text) for _, text in contest.held]

    def false(number: int, others: Sequence[int]) -> bool:
        rows = contest.held
        return any(unrelated(rows[number], rows[o], (words[number], words[o])) for o in others)

    plain = [
        false(number, [m.item_no for m in matcher.match(each, exclude={number})])
        for number, each in enumerate(prints)
    ]
    recall: dict[str, float] = {}
    of_edited: list[bool] = []
    for name, texts in contest.edited.items():
        found = [[m.item_no for m in matcher.match(each)] for each in text_fingerprints(texts, embedders)]
        recall[name] = float(np.mean([i in each for i, each in zip(contest.chosen, found, strict=True)]))
        of_edited += [
            false(i, [o for o in each if o != i]) for i, each in zip(contest.chosen, found, strict=True)
        ]
    share = float(np.mean(plain))
    point = [(share, float(np.mean([recall[name] for name in EDITS])))]
    return Scored(OURS, recall, share, point), float(np.mean(of_edited))


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


def _scored(name: str) -> Scored:
    make, clean = PEERS[name]
    peer, contest = make(name), _contest()
    tuned = _nearest_unrelated(peer, contest.tuning, clean)
    # A distance that is nobody's: nothing at or above the nearest false one counts.
    limit = float(np.quantile(tuned, _FALSE_SHARE, method="lower"))
    nearest = _nearest_unrelated(peer, contest.held, clean)
    rows = peer.rows([clean(text) for text in contest.asked])
    targets = peer.rows([clean(contest.held[i][1]) for i in contest.chosen])
    apart = peer.distances(rows, targets)
    wanted = np.tile(np.arange(len(contest.chosen)), len(contest.edited))
    own = apart[np.arange(len(wanted)), wanted].reshape(len(contest.edited), -1)
    names = list(contest.edited)
    recall = {name: float(np.mean(own[n] < limit)) for n, name in enumerate(names)}
    core = own[[names.index(name) for name in EDITS]]
    steps = np.unique(np.quantile(nearest, np.linspace(0, 0.2, 60)))
    curve = [(float(np.mean(nearest <= step)), float(np.mean(core <= step))) for step in steps]
    return Scored(peer.name, recall, float(np.mean(nearest < limit)), curve)


def _nearest_unrelated(peer: Peer, rows: list[Row], clean: Callable[[str], str]) -> NDArray[np.float32]:
    """Each message's distance to the nearest one that says something else."""
    made = peer.rows([clean(text) for _, text in rows])
    words = [words_of(text) for _, text in rows]
    nearest = np.empty(len(rows), dtype=np.float32)
    for first in range(0, len(rows), 256):
        block: Floats = peer.distances(made[first : first + 256], made)
        for offset, distances in enumerate(block):
            number = first + offset
            for other in np.argsort(distances, kind="stable"):
                if other != number and unrelated(rows[number], rows[other], (words[number], words[other])):
                    nearest[number] = distances[other]
                    break
    return nearest


if __name__ == "__main__":
    print(json.dumps([[figure.name, figure.value, figure.note] for figure in measure()], indent=1))
