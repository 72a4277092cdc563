"""Whose the indexed items are, by number: what an account may see."""

import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.errors import SnapshotInvalid
from detector.index.pairs import SortedPairs

_OWNERS, _TENANTS = "owners", "tenants.json"


class Items:
    """The account and the standing of each item: twelve bytes in files, some 250 in memory while the item is
    new, found in microseconds.

    Beside each number is that of its account in a table, times two, plus one where the item is attested. Not
    safe to change from two threads at once; views may be asked meanwhile.
    """

    def __init__(self, place: Path | None = None) -> None:
        """Files are kept below `place`, as Workplace says."""
        self._owners = SortedPairs[int](np.int64, np.uint32, by_key=True, place=place)
        self._tenants: dict[str | None, int] = {}

    def __len__(self) -> int:
        return len(self._owners) - len(self._owners.removed)

    def __contains__(self, number: int) -> bool:
        return bool(self._owners.find(number))

    def add_many(self, items: Iterable[tuple[int, str | None, bool]]) -> None:
        """Note the number, the account (None: no one's) and the standing (is it attested?) of new items."""
        for number, tenant, attested in items:
            place = self._tenants.setdefault(tenant, len(self._tenants))
            self._owners.add(number, 2 * place + attested)

    def remove(self, numbers: Collection[int]) -> None:
        """Forget these items for good; unknown ones are ignored."""
        self._owners.remove([number for number in numbers if number in self])

    def view(self, tenant: str | None, before: int | None = None) -> "View":
        """What this account sees of the items below `before`: attested ones are everyone's, others their own
        account's."""
        return View(self._owners, self._tenants, tenant, before)

    def settle(self) -> None:
        """Return when no merge goes on any more."""
        self._owners.settle()

    def save(self, path: Path) -> None:
        """Write everything into the new folder `path`."""
        path.mkdir()
        self._owners.save(path / _OWNERS)
        (path / _TENANTS).write_text(json.dumps(list(self._tenants)))

    def load(self, path: Path) -> None:
        """Replace the content by what save() wrote, mapped. Raises SnapshotInvalid."""
        try:
            names = json.loads((path / _TENANTS).read_text())
        except (OSError, ValueError, RecursionError) as error:
            raise SnapshotInvalid("The snapshot's list of accounts cannot be read.") from error
        if not isinstance(names, list) or not all(name is None or isinstance(name, str) for name in names):
            raise SnapshotInvalid("The snapshot's list of accounts is of another shape.")
        tenants = {name: place for place, name in enumerate(names)}
        if len(tenants) != len(names):
            raise SnapshotInvalid("The snapshot's list of accounts names one twice.")
        self._owners.load(path / _OWNERS)
        self._tenants = tenants


class View:
    """Which items one account sees. For one question: answers are kept, items removed meanwhile are too."""

    def __init__(
        self,
        owners: SortedPairs[int],
        tenants: Mapping[str | None, int],
        tenant: str | None,
        before: int | None,
    ) -> None:
        """As Items holds them and says."""
        self._owners, self._tenants, self._tenant, self._before = owners, tenants, tenant, before
        self._known: dict[int, bool] = {}

    def one(self, number: int) -> bool:
        """Whether the account sees this item."""
        seen = self._known.get(number)
        if seen is None:
            # The frames of a video ask for the same item again and again.
            seen = self._known[number] = (self._before is None or number < self._before) and any(
                owner & 1 or owner >> 1 == self._tenants.get(self._tenant)
                for owner in self._owners.find(number)
            )
        return seen

    def many(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """The same of each of many items."""
        owners = self._owners.each(numbers)
        own = owners >> 1 == self._tenants.get(self._tenant, -1)
        seen: NDArray[np.bool_] = (owners >= 0) & ((owners & 1 == 1) | own)
        return seen if self._before is None else seen & (numbers < self._before)
