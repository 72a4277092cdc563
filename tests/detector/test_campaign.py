import random

from hypothesis import given
from hypothesis import strategies as st

from detector.campaign import Clusters
from detector.evidence import Change, text_difference


def batch(edges: list[tuple[int, int]]) -> dict[int, list[int]]:
    """Connected components by plain search: what the incremental clusters must equal."""
    near: dict[int, set[int]] = {}
    for a, b in edges:
        near.setdefault(a, set()).add(b)
        near.setdefault(b, set()).add(a)
    found, seen = {}, set()
    for start in sorted(near):
        if start in seen:
            continue
        group, todo = set(), [start]
        while todo:
            item = todo.pop()
            if item not in group:
                group.add(item)
                todo.extend(near[item])
        seen |= group
        if len(group) > 1:
            found[min(group)] = sorted(group)
    return found


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=80), st.randoms())
def test_clusters_do_not_depend_on_the_order_of_arrival(
    edges: list[tuple[int, int]], rng: random.Random
) -> None:
    shuffled = rng.sample(edges, len(edges))
    first, second = Clusters(), Clusters()
    for a, b in edges:
        first.join(a, [b])
    for a, b in shuffled:
        second.join(b, [a])
    assert first.members() == second.members() == batch(edges)


@given(st.text(alphabet="abc ", max_size=60), st.text(alphabet="abc ", max_size=60))
def test_a_difference_spells_both_texts(earlier: str, later: str) -> None:
    pieces = text_difference(earlier, later)
    for text, gone in ((earlier, Change.ADDED), (later, Change.REMOVED)):
        assert " ".join(p.words for p in pieces if p.change is not gone).split() == text.split()


def test_a_difference_of_long_texts_is_bounded() -> None:
    assert sum(len(p.words.split()) for p in text_difference("a b " * 90_000, "b c " * 90_000)) <= 800
