"""What every structural walker shares: the bytes, the limits, and the four ways to refuse."""

import mmap
from dataclasses import dataclass

from provenance.assets.limits import Limits
from provenance.errors import RejectedAsset


@dataclass(frozen=True, slots=True)
class Walk:
    """A view of one file, or of a picture inside it from `start` to `end`, and the limits it must keep."""

    data: mmap.mmap | bytearray
    limits: Limits
    start: int = 0
    end: int | None = None

    @property
    def size(self) -> int:
        """Where the view ends: the file's length in bytes, unless it ends before."""
        return len(self.data) if self.end is None else self.end

    def take(self, start: int, length: int) -> bytes:
        """Exactly `length` bytes at `start`. Raises RejectedAsset `truncated_file` past the end."""
        if start + length > self.size:
            raise truncated()
        return bytes(self.data[start : start + length])

    def number(self, start: int, length: int, order: str = "big") -> int:
        """An unsigned integer of `length` bytes at `start`, `order` "big" or "little"."""
        return int.from_bytes(self.take(start, length), "little" if order == "little" else "big")

    def pixels(self, width: int, height: int) -> None:
        """Refuse a claimed frame of width × height pixels that is over the limit, or empty."""
        if width * height > self.limits.max_pixels:
            raise RejectedAsset(
                f"The picture claims {width} × {height} pixels;"
                f" at most {self.limits.max_pixels:,} are taken.",
                code="too_many_pixels",
            )

    def frames(self, count: int) -> None:
        """Refuse an animation of more frames than the limit."""
        if count > self.limits.max_frames:
            raise RejectedAsset(
                f"The animation has more than {self.limits.max_frames:,} frames.", code="too_many_frames"
            )

    def boxes(self, count: int) -> None:
        """Refuse a file of more segments, chunks or boxes than the limit."""
        if count > self.limits.max_boxes:
            raise malformed("it is cut into more pieces than any honest file")


def truncated() -> RejectedAsset:
    """The refusal of a file that ends before its own structure does."""
    return RejectedAsset(
        "The file is cut short: it ends before its own structure does.", code="truncated_file"
    )


def malformed(why: str) -> RejectedAsset:
    """The refusal of a file that contradicts its format; `why` completes "… because …"."""
    return RejectedAsset(f"The file cannot be read because {why}.", code="malformed_media")
