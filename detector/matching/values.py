"""Fingerprints that no index holds, read when two items are compared: a text's skeleton, local features."""

from collections.abc import Callable, Collection, Mapping

from detector.fingerprints.fingerprint import Fingerprint

ReadValues = Callable[[str, Collection[int]], Mapping[int, bytes]]
"""The values of a method that these items have, by item number."""


class KeptValues:
    """Values in memory, for whoever has no rows to read them from. They are in no snapshot."""

    def __init__(self, methods: Collection[str]) -> None:
        self._values: dict[str, dict[int, bytes]] = {method: {} for method in methods}

    def add_many(self, items: Collection[tuple[int, Collection[Fingerprint]]]) -> None:
        """Keep the values of the methods concerned."""
        for item_no, entries in items:
            for entry in entries:
                if entry.method in self._values:
                    self._values[entry.method][item_no] = entry.value

    def remove(self, item_nos: Collection[int]) -> None:
        """Forget these items' values."""
        for held in self._values.values():
            for item_no in item_nos:
                held.pop(item_no, None)

    def read(self, method: str, item_nos: Collection[int]) -> dict[int, bytes]:
        """As ReadValues says."""
        held = self._values.get(method, {})
        return {item_no: held[item_no] for item_no in item_nos if item_no in held}
