"""How much of anything an upload may ask of us. Checked on headers, before any decoder sees the bytes."""

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one asset.

    `max_bytes` is the file's size; `max_pixels` width × height of one frame, as the header claims it;
    `max_frames` the frames of an animation (GIF, APNG, WebP); `max_boxes` how many segments, chunks or boxes
    a structural check walks before it gives the file up as malformed.
    """

    max_bytes: int = 200 * MEBIBYTE
    max_pixels: int = 100_000_000
    max_frames: int = 1000
    max_boxes: int = 200_000
