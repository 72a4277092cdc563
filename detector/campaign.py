"""Campaigns: which items belong together, told from their ties alone.

A tie joins two items that resemble each other. Items that hang together by ties form a campaign, with two
exceptions, so that a chain of chance likenesses does not swallow the world (docs/adr/0025):

- one tie is not enough to make one campaign of two: a tie that alone holds together two groups of GROUP items
  or more (a bridge, found as Tarjan 1974 does) does not count, unless somebody who looked said "the same";
- two items that somebody called "not the same" are never in one campaign: what lies between them goes with
  the one that it is fewer ties away from, and with the lower-numbered of the two where that is equal.

The answer depends on items and ties alone, never on the order in which they came. Numbers are row ids.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from detector.matching.finding import RawMatch

GROUP = 3
"""From this size on two groups take more than one tie to be one campaign; where a campaign is looked at,
too."""
MOST_TIES = 8
"""Ties that a newcomer brings: this bounds what a campaign of thousands costs to look at."""
LEAST_SCORE = 0.5
"""A match less alike is none to tie by: a quotation is no copy of the text that quotes it."""

Pair = tuple[int, int]
Neighbours = dict[int, set[int]]


@dataclass(frozen=True, slots=True)
class Tie:
    """Two items that resemble each other; `certain` where a moderator said so."""

    first: int
    second: int
    certain: bool = False

    @property
    def pair(self) -> Pair:
        """Both, the lower number first."""
        return (self.first, self.second) if self.first < self.second else (self.second, self.first)


def chosen(found: Sequence[RawMatch]) -> list[int]:
    """Of an item's matches, best first, those that it is tied to: the nearest, and of the others the newest.

    The newest, so that a campaign does not hang on its first items alone, which may be deleted.
    """
    fit = [match.item_no for match in found if match.telling and match.score >= LEAST_SCORE]
    nearest, others = fit[: MOST_TIES // 2], fit[MOST_TIES // 2 :]
    return nearest + sorted(others, reverse=True)[: MOST_TIES - len(nearest)]


def clusters(ties: Iterable[Tie], apart: Collection[Pair] = ()) -> list[list[int]]:
    """The campaigns, each two items or more in ascending order, in the order of their lowest numbers.

    `apart` are the pairs, lower number first, that are not the same; a tie between such two does not count.
    """
    refused = set(apart)
    counted = {tie.pair: tie.certain for tie in sorted(ties, key=lambda t: t.certain)}
    near: Neighbours = {}
    for first, second in counted:
        if first != second and (first, second) not in refused:
            near.setdefault(first, set()).add(second)
            near.setdefault(second, set()).add(first)
    certain = {pair for pair, sure in counted.items() if sure}
    for first, second in _weak(near, certain):
        near[first].discard(second)
        near[second].discard(first)
    found = []
    for group in _connected(near):
        found += _parted(group, near, [pair for pair in refused if pair[0] in group and pair[1] in group])
    return sorted(sorted(group) for group in found if len(group) > 1)


def reachable(start: int, near: Mapping[int, Collection[int]]) -> set[int]:
    """All that hangs together with `start`, itself included."""
    seen, todo = {start}, [start]
    while todo:
        for other in near.get(todo.pop(), ()):
            if other not in seen:
                seen.add(other)
                todo.append(other)
    return seen


def _connected(near: Neighbours) -> Iterator[set[int]]:
    seen: set[int] = set()
    for start in sorted(near):
        if start not in seen:
            group = reachable(start, near)
            seen |= group
            yield group


def _weak(near: Neighbours, certain: Collection[Pair]) -> list[Pair]:
    """The ties that alone hold together two groups of GROUP items or more."""
    weak: list[Pair] = []
    for group in _connected(near):
        if len(group) >= 2 * GROUP:
            weak += [
                pair
                for pair, below in _bridges(min(group), near)
                if GROUP <= below <= len(group) - GROUP and pair not in certain
            ]
    return weak


def _bridges(root: int, near: Neighbours) -> Iterator[tuple[Pair, int]]:
    """Every tie whose loss would part the group of `root`, with how many items lie on its far side.

    Tarjan's low-link numbers over a depth-first search, without recursion.
    """
    order, low, size = {root: 0}, {root: 0}, {root: 1}
    path: list[tuple[int, int, Iterator[int]]] = [(root, root, iter(sorted(near[root])))]
    while path:
        item, parent, others = path[-1]
        for other in others:
            if other == parent:
                continue
            if other in order:
                low[item] = min(low[item], order[other])
                continue
            order[other] = low[other] = len(order)
            size[other] = 1
            path.append((other, item, iter(sorted(near[other]))))
            break
        else:
            path.pop()
            if item != root:
                low[parent] = min(low[parent], low[item])
                size[parent] += size[item]
                if low[item] > order[parent]:
                    yield (min(item, parent), max(item, parent)), size[item]


def _parted(group: set[int], near: Neighbours, apart: Collection[Pair]) -> list[set[int]]:
    """The group, parted so that no pair of `apart` is in one; what is cut loose by that stands for itself."""
    done: list[set[int]] = []
    todo = [group]
    for first, second in sorted(apart):
        held = next((each for each in todo if first in each and second in each), None)
        if held is None:
            continue
        todo.remove(held)
        sides = _nearer(first, second, held, near)
        todo += [side for side in sides if side]
    done += todo
    return [
        part for each in done for part in _connected({item: near.get(item, set()) & each for item in each})
    ]


def _nearer(first: int, second: int, group: set[int], near: Neighbours) -> tuple[set[int], set[int]]:
    """Who is nearer to `first`, and who to `second`, counted in ties within the group."""
    side = {first: first, second: second}
    waiting = deque([first, second])
    while waiting:
        item = waiting.popleft()
        for other in sorted(near.get(item, ())):
            if other in group and other not in side:
                side[other] = side[item]
                waiting.append(other)
    return (
        {item for item in group if side.get(item, first) == first},
        {item for item in group if side.get(item, first) == second},
    )
