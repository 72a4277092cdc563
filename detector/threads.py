"""How many threads there are to compute with, and how many NumPy takes."""

import os
from functools import cache

from threadpoolctl import ThreadpoolController


def cores() -> int:
    """The processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def one_thread() -> None:
    """Let NumPy use one thread for a matrix product, in this whole process, from here on.

    Pictures are compared by many small products, and we compare in threads of our own: with BLAS's beside
    them, two questions at a time took twice as long as with one thread each (58 and 29 ms a picture on two
    cores). FAISS brings a BLAS of its own, which trains the indexes and keeps its threads (index/threads.py).
    """
    for library in ThreadpoolController().select(user_api="blas").lib_controllers:
        if "faiss" not in library.filepath:
            library.set_num_threads(1)
