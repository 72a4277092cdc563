import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.campaign import GROUP, MOST_TIES, Tie, chosen, clusters
from detector.evidence import Change, text_difference
from detector.matching.finding import RawMatch

EDGES = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=40)


def group(first: int, size: int) -> list[Tie]:
    """Items that all resemble one another."""
    return [Tie(a, b) for a in range(first, first + size) for b in range(a) if b >= first]


def slowly(edges: list[tuple[int, int]]) -> list[list[int]]:
    """The same definition, by trying each tie: does its loss part two groups of GROUP or more?"""
    pairs = {(min(e), max(e)) for e in edges if e[0] != e[1]}

    def groups(kept: set[tuple[int, int]]) -> list[set[int]]:
        found = [{item} for pair in kept for item in pair]
        for a, b in kept:
            joined = [each for each in found if a in each or b in each]
            found = [each for each in found if each not in joined] + [set().union(*joined)]
        return found

    def is_weak(pair: tuple[int, int]) -> bool:
        whole = groups(pairs - {pair})
        sides = [next((g for g in whole if end in g), {end}) for end in pair]
        return sides[0] != sides[1] and min(map(len, sides)) >= GROUP

    weak = {pair for pair in pairs if is_weak(pair)}
    return sorted(sorted(g) for g in groups(pairs - weak) if len(g) > 1)


@given(EDGES, st.randoms())
def test_campaigns_are_what_the_definition_says_in_whatever_order_ties_come(
    edges: list[tuple[int, int]], rng: random.Random
) -> None:
    told = clusters(Tie(a, b) for a, b in edges)
    assert told == slowly(edges)
    assert clusters(Tie(b, a) for a, b in rng.sample(edges, len(edges))) == told


@given(EDGES, st.sets(st.tuples(st.integers(0, 9), st.integers(10, 20)), max_size=6))
def test_two_that_are_not_the_same_are_never_together_and_nobody_is_in_two(
    edges: list[tuple[int, int]], apart: set[tuple[int, int]]
) -> None:
    told = clusters((Tie(a, b) for a, b in edges), apart)
    for members in told:
        assert not any(a in members and b in members for a, b in apart)
    listed = [item for members in told for item in members]
    assert len(listed) == len(set(listed))


def test_one_tie_does_not_make_one_campaign_of_two() -> None:
    two = group(0, 5) + group(10, 5)
    assert clusters([*two, Tie(0, 10)]) == [list(range(5)), list(range(10, 15))]
    assert clusters([*two, Tie(0, 10), Tie(1, 11)]) == [[*range(5), *range(10, 15)]]


def test_a_moderators_word_makes_one_campaign_of_two() -> None:
    assert len(clusters([*group(0, 5), *group(10, 5), Tie(0, 10, certain=True)])) == 1


def test_a_chain_of_chance_likenesses_does_not_grow_without_end() -> None:
    assert max(map(len, clusters(Tie(n, n + 1) for n in range(1000)))) <= 2 * GROUP


def test_copies_that_resemble_their_original_alone_are_one_campaign() -> None:
    assert clusters(Tie(0, n) for n in range(1, 30)) == [list(range(30))]


def test_what_lies_between_two_that_are_not_the_same_goes_with_the_nearer() -> None:
    ring = [*group(0, 4), *group(10, 4), Tie(3, 10), Tie(2, 11)]
    assert clusters(ring, [(0, 13)]) == [[0, 1, 2, 3], [10, 11, 12, 13]]


def test_a_campaign_of_thousands_is_no_deep_recursion() -> None:
    assert clusters(Tie(n, m) for n in range(5000) for m in (n + 1, n + 2)) == [list(range(5002))]


def found(count: int, **more: bool | float) -> list[RawMatch]:
    values = {"score": 0.9, "telling": True} | more
    return [RawMatch(n, "m", values["score"], 0.1, 0.2, "", bool(values["telling"])) for n in range(count)]


def test_a_newcomer_is_tied_to_the_nearest_and_to_the_newest() -> None:
    ties = chosen(found(50))
    assert len(ties) == MOST_TIES
    assert ties[:2] == [0, 1]
    assert 49 in ties


@pytest.mark.parametrize("more", [{"telling": False}, {"score": 0.3}])
def test_what_means_little_is_no_tie(more: dict[str, float]) -> None:
    assert chosen(found(5, **more)) == []


@given(st.text(alphabet="abc ", max_size=60), st.text(alphabet="abc ", max_size=60))
def test_a_difference_spells_both_texts(earlier: str, later: str) -> None:
    pieces = text_difference(earlier, later)
    for text, gone in ((earlier, Change.ADDED), (later, Change.REMOVED)):
        assert " ".join(p.words for p in pieces if p.change is not gone).split() == text.split()


def test_a_difference_of_long_texts_is_bounded() -> None:
    assert sum(len(p.words.split()) for p in text_difference("a b " * 90_000, "b c " * 90_000)) <= 800
