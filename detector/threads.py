"""How many threads there are to compute with, and how many NumPy takes."""

import ctypes
import os
from importlib import import_module


def cores() -> int:
    """The processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def one_thread() -> None:
    """Let NumPy use one thread for a matrix product, in this whole process, from here on.

    To be called while none is under way.

    Pictures are compared by many small products, and we compare in threads of our own: with BLAS's beside
    them, two questions at a time took twice as long as with one thread each (58 and 29 ms a picture on two
    cores). Only the OpenBLAS in NumPy's own wheel is told, by the name its function has there; FAISS brings
    another, which trains the indexes and keeps its threads (index/threads.py). threadpoolctl is not used: it
    walks the loaded libraries with a callback into Python under the loader's lock, which another thread may
    want that holds the interpreter's.
    """
    linked = ctypes.CDLL(import_module("numpy._core._multiarray_umath").__file__)
    tell = getattr(linked, "scipy_openblas_set_num_threads64_", None)
    if tell is not None:
        tell(1)
