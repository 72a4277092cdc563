"""Near-duplicate texts: recall by edit and false matches, beside what others use, on half the SMS corpus.

The other half set every threshold, ours (detector/calibrate_text.py) and the peers' (here, at one false
match in a thousand queries). Whether two messages are unrelated is told by their words and labels alone.
"""

import hashlib
import json
import random

from benchmarks import plots
from benchmarks.text_contest import PEERS, Contest, Message, copies, scored
from benchmarks.text_edits import OTHER
from detector.calibrate_text import Row, half
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


def measure() -> list[Figure]:
    """Ours first, then the peers, then each edit; draws two pictures into docs/images/bench."""
    named, other = list(EDITS), list(OTHER)
    ours, false_edited, peers = scored(_contest, list(PEERS), named)
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
        Figure("messages compared with", len(half(CORPUS, 1)), "", _data()),
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


def _data() -> str:
    digests = [hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in (CORPUS, CALIBRATION)]
    return (
        f"reporting half of the SMS Spam Collection, sha256 {digests[0]}…; calibration.json {digests[1]}…; "
        f"each edit on the same {SAMPLE} messages, seed {_SEED}; messages under the floor "
        "left out; pictures: docs/images/bench"
    )


def _contest() -> Contest:
    if not CORPUS.is_file():
        raise RuntimeError(f"{CORPUS.name} is not at {CORPUS.parent}: see docs/detector/text.md.")
    tuning, held = (list(map(_message, half(CORPUS, parity))) for parity in (0, 1))
    rng = random.Random(_SEED)
    chosen = sorted(rng.sample(range(len(held)), SAMPLE))
    edited = {name: copies(held, chosen, edit, rng) for name, edit in {**EDITS, **OTHER}.items()}
    return Contest(tuning, held, edited)


def _message(row: Row) -> Message:
    return Message(row[1], row)


if __name__ == "__main__":
    print(json.dumps([[figure.name, figure.value, figure.note] for figure in measure()], indent=1))
