"""Rebuild the index from its rows, and say whether the snapshot agreed with them."""

from pathlib import Path

from detector.flows.live_index import LiveIndex


def rebuild(folder: Path) -> LiveIndex:
    """An index read from the rows alone, and its snapshot written to `folder`."""
    live = LiveIndex(folder)
    live.finish()
    live.snapshot()
    return live
