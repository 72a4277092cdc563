"""Campaigns: clusters of near-duplicates, kept by union-find (Tarjan 1975) as items arrive."""

from collections.abc import Iterable


class Clusters:
    """Disjoint sets of item numbers, each named by its lowest: the order of arrival does not matter."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}

    def find(self, item: int) -> int:
        """The lowest number in the item's cluster; the item itself when it stands alone."""
        root = item
        while (above := self._parent.get(root, root)) != root:
            root = above
        while item != root:  # path compression
            item, self._parent[item] = self._parent.get(item, item), root
        return root

    def join(self, item: int, others: Iterable[int]) -> int:
        """Put the item into one cluster with the others; returns that cluster's lowest number."""
        roots = {self.find(item), *(self.find(other) for other in others)}
        lowest = min(roots)
        for root in roots:
            self._parent[root] = lowest
        return lowest

    def members(self) -> dict[int, list[int]]:
        """Each cluster of two or more: its lowest number to all of its numbers, ascending."""
        grouped: dict[int, list[int]] = {}
        for item in sorted(self._parent):
            grouped.setdefault(self.find(item), []).append(item)
        return {root: items for root, items in grouped.items() if len(items) > 1}
