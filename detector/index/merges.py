"""What indexes that merge in a thread of their own do alike: say whether one is under way, wait for it."""

import threading


class MergesApart:
    """An index with at most one merge under way, noted in `_merging` by whoever holds `_lock`."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._merging: threading.Thread | None = None

    def settle(self) -> None:
        """Return when no merge goes on any more."""
        while (thread := self._merge_under_way()) is not None:
            thread.join()

    def _merge_under_way(self) -> threading.Thread | None:
        # Under the lock: a thread that is noted there has been started.
        with self._lock:
            return self._merging
