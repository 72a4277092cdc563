"""Near-duplicate texts in other languages than English: recall by language and by edit, and false matches.

No threshold is set with these texts: ours come from English messages. The peers' are set here, with the half
of the quotations that nothing is reported on, at one false match in a thousand queries.
"""

import json
import random

from benchmarks import plots
from benchmarks.catalogs import LANGUAGES, QUOTATIONS, digest, quotations, sentences
from benchmarks.language_edits import EVERYWHERE
from benchmarks.scored import Scored
from benchmarks.text_contest import Contest, Message, copies, scored
from service.cli.figures import Figure
from service.settings.env import PROJECT

TITLE = "disguised and changed texts of twenty languages found again, and unrelated ones that are not"
PICTURE = PROJECT / "docs" / "images" / "bench" / "languages-recall.svg"
PEERS = ("MiniLM", "MiniLM, normalised", "MinHash", "MinHash, normalised")
_DRAWN = ("MiniLM", "MinHash, normalised")
SAMPLE = 20
"""Texts of each language that every edit is made to."""
MOST_QUOTATIONS = 600
"""Of each language, asked about and kept."""
_SEED = 20261125
_BETWEEN = ": "


def measure() -> list[Figure]:
    """What is found again, by language and by edit, and what is found falsely; draws one picture."""
    contest = _contest()
    names = list(contest.edited)
    # Without quotations nobody's false matches can be told, and no peer's threshold set.
    ours, _, peers = scored(_contest, PEERS if contest.apart else (), names)
    of_language = {each: [name for name in names if name.split(_BETWEEN)[0] == each] for each in LANGUAGES}
    of_edit = {each: [name for name in names if name.split(_BETWEEN)[1] == each] for each in EVERYWHERE}
    shown = (ours, *peers)
    drawn = [each for each in shown if each.name in (ours.name, *_DRAWN)]
    plots.bars(
        PICTURE,
        {each.name: {name: each.mean(held) for name, held in of_language.items()} for each in drawn},
        "Texts found again by language",
    )
    note = (
        f"{len(contest.held):,} of Django's translations, {SAMPLE} of each language edited; "
        f"sha256 {digest(contest.held)[:16]}…; picture: docs/images/bench/{PICTURE.name}"
    )
    figures = [Figure(f"mean recall, {len(LANGUAGES)} languages", ours.mean(names) * 100, "%", note)]
    if contest.apart:
        note = (
            f"{len(contest.apart):,} quotations in {', '.join(QUOTATIONS)} among one another; "
            f"sha256 {digest(contest.apart)[:16]}…"
        )
        figures.append(Figure("false matches", ours.false_share * 100, "% of queries", note))
    for peer in peers:
        note = f"false {peer.false_share:.2%} of queries"
        figures.append(Figure(f"mean recall, {peer.name}", peer.mean(names) * 100, "%", note))
    figures += [_figure(f"recall, {name}", held, shown) for name, held in of_language.items()]
    figures += [_figure(f"recall, {name}", held, shown) for name, held in of_edit.items() if held]
    return figures


def _figure(name: str, of: list[str], shown: tuple[Scored, ...]) -> Figure:
    beside = ", ".join(f"{peer.name} {peer.mean(of):.0%}" for peer in shown[1:])
    return Figure(name, shown[0].mean(of) * 100, "%", beside)


def _contest() -> Contest:
    """All languages in one index; no edit by which a language is not changed."""
    held: list[Message] = []
    edited: dict[str, list[tuple[int, str]]] = {}
    for language, code in LANGUAGES.items():
        rng = random.Random(_SEED)
        own = sentences(code, 1)
        chosen = sorted(rng.sample(range(len(own)), min(SAMPLE, len(own))))
        for name, edit in EVERYWHERE.items():
            changed = copies(own, chosen, edit, rng)
            # A few of them would say little: an acronym in a language without capitals.
            if 2 * len(changed) >= len(chosen):
                edited[f"{language}{_BETWEEN}{name}"] = [(len(held) + i, text) for i, text in changed]
        held += own
    return Contest(_quoted(0), held, edited, apart=_quoted(1))


def _quoted(parity: int) -> list[Message]:
    found: list[Message] = []
    for folder in QUOTATIONS.values():
        own = quotations(folder, parity)
        found += random.Random(_SEED).sample(own, min(MOST_QUOTATIONS, len(own)))
    return found


if __name__ == "__main__":
    print(json.dumps([[figure.name, figure.value, figure.note] for figure in measure()], indent=1))
