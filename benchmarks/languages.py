"""Near-duplicate texts in other languages than English: recall by language and by edit, and false matches.

No threshold is set with these texts: ours come from English messages. The peers' are set here, with the half
of the texts that nothing is reported on, at one false match in a thousand queries.
"""

import json
import random

import numpy as np

from benchmarks import plots
from benchmarks.catalogs import LANGUAGES, QUOTATIONS, digest, quotations, sentences
from benchmarks.language_edits import EVERYWHERE
from benchmarks.scored import Scored
from benchmarks.text_contest import Contest, Message, copies, met_unrelated, scored
from service.cli.figures import Figure
from service.settings.env import PROJECT

TITLE = "disguised and changed texts of twenty languages found again, and unrelated ones that are not"
PICTURE = PROJECT / "docs" / "images" / "bench" / "languages-recall.svg"
PEERS = ("MiniLM", "MiniLM, normalised", "MinHash", "MinHash, normalised")
SAMPLE = 20
"""Texts of each language that every edit is made to."""
MOST_QUOTATIONS = 600
"""Of each language, asked about and kept."""
_SEED = 20261125
_BETWEEN = ": "


def measure() -> list[Figure]:
    """What is found again, by language and by edit, then what is found falsely; draws one picture."""
    contest = _edited()
    names = list(contest.edited)
    ours, _, peers = scored(_edited, PEERS, names)
    of_language = {each: [name for name in names if name.split(_BETWEEN)[0] == each] for each in LANGUAGES}
    of_edit = {each: [name for name in names if name.split(_BETWEEN)[1] == each] for each in EVERYWHERE}
    shown = (ours, *peers)
    plots.bars(
        PICTURE,
        {each.name: {name: each.mean(held) for name, held in of_language.items()} for each in shown},
        "Texts found again by language",
    )
    note = (
        f"{len(contest.held):,} of Django's translations, {SAMPLE} of each language edited; "
        f"sha256 {digest(contest.held)[:16]}…; picture: docs/images/bench/{PICTURE.name}"
    )
    figures = [Figure(f"mean recall, {len(LANGUAGES)} languages", ours.mean(names) * 100, "%", note)]
    figures += [Figure(f"mean recall, {peer.name}", peer.mean(names) * 100, "%") for peer in peers]
    figures += [_figure(f"recall, {name}", held, shown) for name, held in of_language.items()]
    figures += [_figure(f"recall, {name}", held, shown) for name, held in of_edit.items() if held]
    return [*figures, *_false_matches()]


def _figure(name: str, of: list[str], shown: tuple[Scored, ...]) -> Figure:
    beside = ", ".join(f"{peer.name} {peer.mean(of):.0%}" for peer in shown[1:])
    return Figure(name, shown[0].mean(of) * 100, "%", beside)


def _edited() -> Contest:
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
    return Contest([each for code in LANGUAGES.values() for each in sentences(code, 0)], held, edited)


def _false_matches() -> list[Figure]:
    """Of quotations, of which each is asked about among all others of all languages."""
    held: list[Message] = []
    of: dict[str, range] = {}
    for language, folder in QUOTATIONS.items():
        own = quotations(folder, 1)
        own = random.Random(_SEED).sample(own, min(MOST_QUOTATIONS, len(own)))
        if own:
            of[language] = range(len(held), len(held) + len(own))
            held += own
    if not held:
        how = "not measured: apt-get install " + " ".join(
            f"fortunes-{name}" for name in ("ru", "zh", "de", "…")
        )
        return [Figure("false matches of quotations", float("nan"), "% of queries", how)]
    met = np.array(met_unrelated(held))
    told = ", ".join(f"{name} {met[list(numbers)].sum()} of {len(numbers)}" for name, numbers in of.items())
    note = f"{told}; sha256 {digest(held)[:16]}…"
    return [Figure("false matches of quotations", float(met.mean()) * 100, "% of queries", note)]


if __name__ == "__main__":
    print(json.dumps([[figure.name, figure.value, figure.note] for figure in measure()], indent=1))
