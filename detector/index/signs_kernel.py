"""The inner loop over sketches (see signs.py), compiled by Numba when first called; it does not hold the
GIL."""

from typing import Any

import numpy as np
from numba import njit

from detector.index.intrinsics import differing


@njit(nogil=True, cache=True)
def near_sketches(held: Any, bounds: Any, lists: Any, asked: Any, limit: int, found: Any) -> Any:  # noqa: PLR0917
    """The positions in `held` (n, parts; uint64) of sketches in these `lists` that differ from `asked` by at
    most `limit` bits, put into `found`; how many there are, which may be more than fit."""
    count = np.int64(0)
    for at in range(lists.shape[0]):
        if lists[at] < 0:
            continue
        for position in range(bounds[lists[at]], bounds[lists[at] + 1]):
            distance = differing(held, position, asked)
            if distance <= limit:
                if count < found.shape[0]:
                    found[count] = position
                count += 1
    return count


@njit(nogil=True, cache=True)
def nearest_sketches(held: Any, bounds: Any, lists: Any, asked: Any, found: Any) -> Any:
    """The positions in `held` of the sketches in these `lists` that differ least from `asked`, as many as fit
    into `found`, of equally near ones the first; how many there are."""
    total = np.int64(0)
    for at in range(lists.shape[0]):
        if lists[at] >= 0:
            total += bounds[lists[at] + 1] - bounds[lists[at]]
    distances = np.empty(total, dtype=np.uint16)
    counts = np.zeros(64 * held.shape[1] + 1, dtype=np.int64)
    at_row = np.int64(0)
    for at in range(lists.shape[0]):
        if lists[at] < 0:
            continue
        for position in range(bounds[lists[at]], bounds[lists[at] + 1]):
            distance = differing(held, position, asked)
            distances[at_row] = distance
            counts[distance] += 1
            at_row += 1
    last, below = np.int64(0), np.int64(0)
    while last < counts.shape[0] - 1 and below + counts[last] < found.shape[0]:
        below += counts[last]
        last += 1
    room, count, at_row = found.shape[0] - below, np.int64(0), np.int64(0)
    for at in range(lists.shape[0]):
        if lists[at] < 0:
            continue
        for position in range(bounds[lists[at]], bounds[lists[at] + 1]):
            distance = np.int64(distances[at_row])
            at_row += 1
            if distance < last or (distance == last and room > 0):
                room -= distance == last
                found[count] = position
                count += 1
    return count
