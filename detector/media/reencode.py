"""Sound and pictures through a lossy codec: how calibration and benchmarks make copies as the world does."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray


def write_audio(path: Path, samples: NDArray[np.float32], rate: int, codec: str, bits: int) -> None:
    """Write mono float32 samples, `rate` a second, with an FFmpeg encoder at so many bits a second.

    The container is the suffix's. Raises av.FFmpegError where the encoder cannot.
    """
    import av

    with av.open(str(path), "w") as container:
        stream = cast("av.AudioStream", container.add_stream(codec, rate=rate))
        stream.bit_rate = bits
        stream.codec_context.layout = "mono"
        stream.codec_context.open()
        resampler = av.AudioResampler(
            format=stream.codec_context.format.name,
            layout="mono",
            rate=rate,
            frame_size=stream.codec_context.frame_size or None,
        )
        whole = av.AudioFrame.from_ndarray(samples.astype(np.float32)[np.newaxis], "flt", "mono")
        whole.rate = rate
        for frame in (*resampler.resample(whole), *resampler.resample(None)):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def write_video(
    path: Path, frames: Iterable[NDArray[np.uint8]], rate: float, codec: str = "libx264", crf: int = 23
) -> None:
    """Write RGB frames, uint8 of shape (height, width, 3) with even sides, `rate` a second."""
    import av

    with av.open(str(path), "w") as container:
        stream: av.VideoStream | None = None
        for pixels in frames:
            if stream is None:
                added = container.add_stream(codec, rate=Fraction(rate).limit_denominator(1001))
                stream = cast("av.VideoStream", added)
                stream.height, stream.width = pixels.shape[:2]
                stream.pix_fmt = "yuv420p"
                stream.options = {"crf": str(crf), "preset": "ultrafast"}
                stream.codec_context.thread_count = 1
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        if stream is not None:
            container.mux(stream.encode(None))
