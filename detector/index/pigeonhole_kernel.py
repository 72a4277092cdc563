"""The inner loops of the pigeonhole index (see pigeonhole.py), compiled by Numba when first called.

A popcount, a look ahead into memory and a branch in a loop over a million entries have no counterpart in
numpy. Over 10 million codes this takes a tenth of the time that FAISS's scan takes. No loop holds the GIL.
"""

from typing import Any

import numpy as np
from numba import njit

from detector.index.intrinsics import bits_set, differing, fetch

_AHEAD = 6
"""Buckets fetched from memory before they are read."""
_WAITING = 8192
"""Entries that passed the first check and wait for the second, fetched from memory together."""


@njit(nogil=True, cache=True)
def _cut(code: Any, begin: int, width: int) -> Any:
    """`width` (at most 32) bits of a code of uint64 parts from bit `begin` on, going round at its end."""
    part, shift = begin >> 6, np.uint64(begin & 63)
    value = code[part] >> shift
    if (begin & 63) + width > 64:
        value |= code[(part + 1) % code.shape[0]] << (np.uint64(64) - shift)
    return np.uint32(value & ((np.uint64(1) << np.uint64(width)) - np.uint64(1)))


@njit(nogil=True, cache=True)
def _follow(code: Any, begin: int, width: int, behind: int) -> Any:
    """The `behind` bits after a word."""
    return _cut(code, (begin + width) % (64 * code.shape[0]), behind)


@njit(nogil=True, cache=True)
def fill_table(codes: Any, word: Any, starts: Any, order: Any, follow: Any) -> None:
    """Sort all codes (n, parts; uint64) by one `word`: the bit where it begins, its width, bits after it.

    `starts` (zeros, 2^width + 1) bounds each bucket, `order` holds row numbers, `follow` those bits
    after; stable, so rows ascend in a bucket.
    """
    number, (begin, width, behind) = codes.shape[0], word
    for row in range(number):
        starts[np.int64(_cut(codes[row], begin, width)) + 1] += 1
    for bucket in range(1 << width):
        starts[bucket + 1] += starts[bucket]
    free = starts[:-1].copy()
    for row in range(number):
        key = np.int64(_cut(codes[row], begin, width))
        entry = free[key]
        free[key] = entry + np.uint32(1)
        order[entry] = row
        follow[entry] = _follow(codes[row], begin, width, behind)


@njit(nogil=True, cache=True)
def _is_after(distance: int, number: int, other_distance: int, other_number: int) -> bool:
    return distance > other_distance or (distance == other_distance and number > other_number)


@njit(nogil=True, cache=True)
def _keep(distances: Any, ids: Any, rows: Any, size: Any, distance: Any, number: Any, row: Any) -> Any:  # noqa: PLR0917
    """Put a hit into the heap of the best (worst on top, by distance and then id); its size afterwards."""
    room = distances.shape[0]
    if size < room:
        hole: Any = np.int64(size)
        size += 1
        while hole > 0:
            parent = (hole - 1) >> 1
            if not _is_after(distance, number, distances[parent], ids[parent]):
                break
            distances[hole], ids[hole], rows[hole] = distances[parent], ids[parent], rows[parent]
            hole = parent
    elif _is_after(distances[0], ids[0], distance, number):
        hole = 0
        while True:
            child = 2 * hole + 1
            if child >= size:
                break
            if child + 1 < size and _is_after(
                distances[child + 1], ids[child + 1], distances[child], ids[child]
            ):
                child += 1
            if not _is_after(distances[child], ids[child], distance, number):
                break
            distances[hole], ids[hole], rows[hole] = distances[child], ids[child], rows[child]
            hole = child
    else:
        return size
    distances[hole], ids[hole], rows[hole] = distance, number, row
    return size


@njit(nogil=True, cache=True)
def scan(codes: Any, numbers: Any, dead: Any, query: Any, radius: int, found: Any) -> Any:  # noqa: PLR0917
    """Every code compared: the hits within `radius`, put into `found` (distances, ids, rows); how many.

    `codes` and `query` are uint64 words; `dead` a bitmap, lowest bit first; empty where nothing is dead.
    """
    distances, ids, rows = found
    size: Any = 0
    for row in range(codes.shape[0]):
        distance = differing(codes, row, query)
        if distance > radius or (size == distances.shape[0] and distance > distances[0]):
            continue
        if dead.shape[0] and (dead[row >> 3] >> (row & 7)) & 1:
            continue
        size = _keep(distances, ids, rows, size, distance, numbers[row], row)
    return size


@njit(nogil=True, cache=True)
def _is_first(code: Any, query: Any, layout: Any, place: int) -> bool:
    """Whether no word before `place` finds this code too: a code is taken once."""
    begins, widths, follows, allowed = layout
    for other in range(place):
        begin, width, behind = begins[other], widths[other], follows[other]
        distance = np.int64(bits_set(_cut(code, begin, width) ^ _cut(query, begin, width)))
        if distance > allowed[other]:
            continue
        distance += np.int64(
            bits_set(_follow(code, begin, width, behind) ^ _follow(query, begin, width, behind))
        )
        if distance <= _three(allowed, other):
            return False
    return True


@njit(nogil=True, cache=True)
def _three(allowed: Any, place: int) -> Any:
    """How much a word and the two after it may differ by together."""
    number = allowed.shape[0]
    return allowed[place] + allowed[(place + 1) % number] + allowed[(place + 2) % number] + 2


@njit(nogil=True, cache=True)
def _check(table: Any, query: Any, layout: Any, place: int, waiting: Any, number: Any, found: Any) -> Any:  # noqa: PLR0917
    """Compare the waiting entries whole and keep the hits; `number` packs (how many wait, size, radius)."""
    codes, numbers, dead, order = table
    distances, ids, rows = found
    count, size, radius = number
    for entry in range(count):
        fetch(order, waiting[entry])
    for entry in range(count):
        row = np.int64(order[waiting[entry]])
        waiting[entry] = row
        fetch(codes, row * codes.shape[1])
    for entry in range(count):
        row = waiting[entry]
        distance = differing(codes, row, query)
        if distance > radius or (size == distances.shape[0] and distance > distances[0]):
            continue
        if dead.shape[0] and (dead[row >> 3] >> (row & 7)) & 1:
            continue
        if _is_first(codes[row], query, layout, place):
            size = _keep(distances, ids, rows, size, distance, numbers[row], row)
    return size


@njit(nogil=True, cache=True)
def search_words(  # noqa: PLR0917
    held: Any, tables: Any, query: Any, layout: Any, masks: Any, bounds: Any, radius: int, found: Any
) -> Any:
    """The hits within `radius`, each once, put into `found` (distances, ids, rows); how many.

    `held` is (codes uint64, ids, dead bitmap), `tables` (starts, order, follow) with a row a word, `layout`
    the words' (begins, widths, bits asked after each, allowed): word i may differ by allowed[i] bits (-1: it
    is not looked up), in the ways that masks[bounds[i] : bounds[i + 1]] says.
    """
    codes, numbers, dead = held
    starts, order, follow = tables
    begins, widths, follows, allowed = layout
    waiting = np.empty(_WAITING, dtype=np.int64)
    size: Any = 0
    for place in range(allowed.shape[0]):
        key = np.int64(_cut(query, begins[place], widths[place]))
        behind_key = _follow(query, begins[place], widths[place], follows[place])
        three = _three(allowed, place)
        bucket_starts, behind = starts[place], follow[place]
        table = (codes, numbers, dead, order[place])
        last = bounds[place + 1]
        count: Any = 0
        for turn in range(bounds[place], last):
            if turn + 2 * _AHEAD < last:
                fetch(bucket_starts, key ^ np.int64(masks[turn + 2 * _AHEAD]))
            if turn + _AHEAD < last:
                soon = np.int64(bucket_starts[key ^ np.int64(masks[turn + _AHEAD])])
                fetch(behind, soon)
                fetch(behind, soon + 16)
                fetch(behind, soon + 32)
            mask = np.int64(masks[turn])
            bucket = key ^ mask
            most = three - np.int64(bits_set(mask))
            entry, end = np.int64(bucket_starts[bucket]), np.int64(bucket_starts[bucket + 1])
            while entry < end:
                # One place stays free: an entry is written before it is known to pass.
                until = min(end, entry + _WAITING - 1 - count)
                for at in range(entry, until):
                    waiting[count] = at
                    count += np.int64(np.int64(bits_set(behind[at] ^ behind_key)) <= most)
                entry = until
                if count == _WAITING - 1:
                    size = _check(table, query, layout, place, waiting, (count, size, radius), found)
                    count = 0
        size = _check(table, query, layout, place, waiting, (count, size, radius), found)
    return size
