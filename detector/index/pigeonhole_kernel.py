"""The inner loops of the pigeonhole index (see pigeonhole.py), compiled by Numba when first called.

A popcount, a look ahead into memory and a branch in a loop over a million entries have no counterpart in
numpy. Over 10 million codes this takes a tenth of the time that FAISS's scan takes. No loop holds the GIL.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

_AHEAD = 6
"""Buckets fetched from memory before they are read."""
_WAITING = 8192
"""Entries that passed the first check and wait for the second, fetched from memory together."""


@intrinsic
def _bits(_typing: Any, value: Any) -> Any:
    """How many bits of an integer are set (LLVM's ctpop)."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return value(value), generate


@intrinsic
def _fetch(_typing: Any, array: Any, index: Any) -> Any:
    """Ask for array[index] to be brought into the cache (LLVM's prefetch); any index is harmless."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        held = context.make_array(signature.args[0])(context, builder, arguments[0])
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        place = builder.bitcast(builder.gep(held.data, [arguments[1]]), byte)
        shape = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        prefetch = builder.module.declare_intrinsic("llvm.prefetch", [byte], shape)
        builder.call(prefetch, [place, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, index), generate


@njit(nogil=True, cache=True)
def fill_table(words: Any, place: int, starts: Any, order: Any, follow: Any) -> None:
    """Sort all codes by their word at `place`: `starts` (65,537) bounds each bucket, `order` holds row
    numbers, `follow` the two words after it. `words` is (n, words a code) uint16; stable, so rows ascend in a
    bucket."""
    number, width = words.shape
    second, third = (place + 1) % width, (place + 2) % width
    for row in range(number):
        starts[np.int64(words[row, place]) + 1] += 1
    for bucket in range(65536):
        starts[bucket + 1] += starts[bucket]
    free = starts[:-1].copy()
    for row in range(number):
        key = np.int64(words[row, place])
        entry = free[key]
        free[key] = entry + np.uint32(1)
        order[entry] = row
        follow[entry] = np.uint32(words[row, second]) | (np.uint32(words[row, third]) << np.uint32(16))


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
        distance = np.int64(0)
        for part in range(codes.shape[1]):
            distance += np.int64(_bits(codes[row, part] ^ query[part]))
        if distance > radius or (size == distances.shape[0] and distance > distances[0]):
            continue
        if dead.shape[0] and (dead[row >> 3] >> (row & 7)) & 1:
            continue
        size = _keep(distances, ids, rows, size, distance, numbers[row], row)
    return size


@njit(nogil=True, cache=True)
def _is_first(code: Any, asked: Any, allowed: Any, place: int) -> bool:
    """Whether no word before `place` finds this code too: a code is taken once."""
    width = asked.shape[0]
    for other in range(place):
        first = np.int64(_bits(code[other] ^ asked[other]))
        if first > allowed[other]:
            continue
        second, third = (other + 1) % width, (other + 2) % width
        three = first
        three += np.int64(_bits(code[second] ^ asked[second]))
        three += np.int64(_bits(code[third] ^ asked[third]))
        if three <= allowed[other] + allowed[second] + allowed[third] + 2:
            return False
    return True


@njit(nogil=True, cache=True)
def _check(tables: Any, asked: Any, allowed: Any, place: int, waiting: Any, number: Any, found: Any) -> Any:  # noqa: PLR0917
    """Compare the waiting entries whole and keep the hits; `number` packs (how many wait, size, radius)."""
    codes, words, numbers, dead, order = tables
    query, asked_words = asked
    distances, ids, rows = found
    count, size, radius = number
    for entry in range(count):
        _fetch(order, waiting[entry])
    for entry in range(count):
        row = np.int64(order[waiting[entry]])
        waiting[entry] = row
        _fetch(codes, row * codes.shape[1])
    for entry in range(count):
        row = waiting[entry]
        distance = np.int64(0)
        for part in range(codes.shape[1]):
            distance += np.int64(_bits(codes[row, part] ^ query[part]))
        if distance > radius or (size == distances.shape[0] and distance > distances[0]):
            continue
        if dead.shape[0] and (dead[row >> 3] >> (row & 7)) & 1:
            continue
        if _is_first(words[row], asked_words, allowed, place):
            size = _keep(distances, ids, rows, size, distance, numbers[row], row)
    return size


@njit(nogil=True, cache=True)
def search_words(  # noqa: PLR0917
    held: Any, tables: Any, asked: Any, allowed: Any, masks: Any, bounds: Any, radius: int, found: Any
) -> Any:
    """The hits within `radius`, each once, put into `found` (distances, ids, rows); how many.

    `held` is (codes uint64, the same as words uint16, ids, dead bitmap), `tables` (starts, order, follow)
    with a row a word, `asked` the query as (uint64, uint16). A word may differ by `allowed` bits (-1: it is
    not looked up); its masks are masks[bounds[allowed] : bounds[allowed + 1]].
    """
    codes, words, numbers, dead = held
    starts, order, follow = tables
    asked_words = asked[1]
    width = words.shape[1]
    waiting = np.empty(_WAITING, dtype=np.int64)
    size: Any = 0
    for place in range(width):
        if allowed[place] < 0:
            continue
        second, third = (place + 1) % width, (place + 2) % width
        next_two = np.uint32(asked_words[second]) | (np.uint32(asked_words[third]) << np.uint32(16))
        three = allowed[place] + allowed[second] + allowed[third] + 2
        begins, behind = starts[place], follow[place]
        key = np.int64(asked_words[place])
        table = (codes, words, numbers, dead, order[place])
        first, last = bounds[allowed[place]], bounds[allowed[place] + 1]
        count = 0
        for turn in range(first, last):
            if turn + _AHEAD < last:
                soon = np.int64(begins[key ^ np.int64(masks[turn + _AHEAD])])
                _fetch(behind, soon)
                _fetch(behind, soon + 16)
                _fetch(behind, soon + 32)
            mask = np.int64(masks[turn])
            bucket = key ^ mask
            most = np.uint32(three - _bits(mask))
            entry, end = np.int64(begins[bucket]), np.int64(begins[bucket + 1])
            while entry < end:
                until = min(end, entry + _WAITING - count)
                for at in range(entry, until):
                    if _bits(behind[at] ^ next_two) <= most:
                        waiting[count] = at
                        count += 1
                entry = until
                if count == _WAITING:
                    size = _check(table, asked, allowed, place, waiting, (count, size, radius), found)
                    count = 0
        size = _check(table, asked, allowed, place, waiting, (count, size, radius), found)
    return size
