"""The inner loop over sketches (see signs.py), compiled by Numba when first called; it does not hold the
GIL."""

from typing import Any

import numpy as np
from numba import njit

from detector.index.intrinsics import bits_set


@njit(nogil=True, cache=True)
def near_sketches(held: Any, bounds: Any, lists: Any, asked: Any, limit: int, found: Any) -> Any:  # noqa: PLR0917
    """The positions in `held` (n, parts; uint64) of sketches in these `lists` that differ from `asked` by at
    most `limit` bits, put into `found`; how many there are, which may be more than fit."""
    count = np.int64(0)
    for at in range(lists.shape[0]):
        if lists[at] < 0:
            continue
        for position in range(bounds[lists[at]], bounds[lists[at] + 1]):
            distance = np.int64(0)
            for part in range(held.shape[1]):
                distance += np.int64(bits_set(held[position, part] ^ asked[part]))
            if distance <= limit:
                if count < found.shape[0]:
                    found[count] = position
                count += 1
    return count
