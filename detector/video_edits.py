"""What becomes of video on its way through the world: the edits that calibration and benchmark make."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from detector.media.reencode import write_video
from detector.media.video import Frame, Pixels, frames
from detector.video_material import Clip

Change = Callable[[Pixels], Pixels]


@dataclass(frozen=True, slots=True)
class Recut:
    """An edit: each frame changed by `changes` in turn, from the share `begin` to the share `end` of the
    clip, played so much faster, at so many frames a second, encoded in H.264 at this constant rate factor.

    `within` puts it into another clip: eight seconds of that before and after.
    """

    changes: tuple[Change, ...] = ()
    begin: float = 0.0
    end: float = 1.0
    faster: float = 1.0
    rate: float = 10.0
    crf: int = 28
    within: bool = False

    def write(self, path: Path, clip: Clip, other: Clip) -> None:
        """Write the edited clip as a file."""
        write_video(path, self._pixels(clip, other), self.rate, crf=self.crf)

    def frames(self, clip: Clip, other: Clip) -> list[Frame]:
        """The edited clip through a file and back."""
        with tempfile.TemporaryDirectory(prefix="assay-video-") as folder:
            path = Path(folder) / "copy.mp4"
            self.write(path, clip, other)
            return list(frames(path))

    def _pixels(self, clip: Clip, other: Clip) -> Iterator[Pixels]:
        around = [other.at(number / self.rate) for number in range(int(8 * self.rate))] if self.within else []
        yield from around
        first, last = self.begin * clip.seconds, self.end * clip.seconds
        for number in range(int((last - first) / self.faster * self.rate)):
            pixels = clip.at(first + number * self.faster / self.rate)
            for change in self.changes:
                pixels = change(pixels)
            yield np.ascontiguousarray(pixels)
        yield from around


def _sized(width: int, height: int) -> Change:
    return lambda pixels: np.asarray(
        Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC)
    )


def _barred(top: int, side: int) -> Change:
    return lambda pixels: np.pad(pixels, ((top, top), (side, side), (0, 0)))


def _covered(share: float) -> Change:
    """A bright logo in the lower right corner, a share of both sides."""

    def change(pixels: Pixels) -> Pixels:
        out = pixels.copy()
        height, width = (int(share * side) for side in pixels.shape[:2])
        out[-height - 8 : -8, -width - 8 : -8] = (240, 60, 30)
        out[-height // 2 - 8 : -8, -width // 2 - 8 : -8] = (250, 250, 250)
        return out

    return change


def _captioned(pixels: Pixels) -> Pixels:
    out = pixels.copy()
    band = int(0.15 * len(out))
    out[-band:] //= 4
    out[-band // 2 - 3 : -band // 2 + 3, 20:-20:3] = 250
    return out


def _cropped(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[0] // 20 * 2, pixels.shape[1] // 20 * 2
    return pixels[height // 2 : -height // 2, width // 2 : -width // 2]


def _brighter(pixels: Pixels) -> Pixels:
    return np.clip(pixels.astype(np.int16) * 5 // 4 + 25, 0, 255).astype(np.uint8)


def _grey(pixels: Pixels) -> Pixels:
    return np.repeat(pixels.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)


EDITS: Mapping[str, Recut] = {
    "reencoded": Recut(crf=40),
    "half_size": Recut((_sized(160, 120),)),
    "trimmed_half": Recut(begin=0.3, end=0.8),
    "excerpt_5s": Recut(begin=0.4, end=0.65),
    "letterboxed": Recut((_barred(40, 0),)),
    "pillarboxed": Recut((_barred(0, 60),)),
    "stretched": Recut((_sized(426, 240),)),
    "logo": Recut((_covered(0.2),)),
    "large_logo": Recut((_covered(0.33),)),
    "caption": Recut((_captioned,)),
    "mirrored": Recut((lambda pixels: pixels[:, ::-1],)),
    "turned_90": Recut((lambda pixels: pixels.transpose(1, 0, 2)[:, ::-1],)),
    "rate_15": Recut(rate=15.0),
    "faster_4": Recut(faster=1.04),
    "cropped_10": Recut((_cropped,)),
    "brighter": Recut((_brighter,)),
    "grey": Recut((_grey,)),
    "inside_another": Recut(begin=0.3, end=0.7, within=True),
    "worn": Recut((_sized(200, 150), _covered(0.2), _barred(20, 0)), begin=0.2, end=0.8, crf=36),
}
