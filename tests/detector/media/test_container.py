"""What decoding does where PyAV stumbles in the middle of a file."""

from collections.abc import Iterator
from typing import Any

import pytest
from av.error import InvalidDataError

from detector.errors import MediaUnreadable
from detector.media.container import decoded


class Packet:
    """Gives its frame, or raises."""

    def __init__(self, found: str | Exception) -> None:
        self._found = found

    def decode(self) -> list[str]:
        if isinstance(self._found, Exception):
            raise self._found
        return [self._found]


class Container:
    """Gives these packets, and then raises if it is told to."""

    def __init__(self, *found: str | Exception, last: Exception | None = None) -> None:
        self._packets, self._last = [Packet(each) for each in found], last

    def demux(self, stream: object) -> Iterator[Packet]:
        yield from self._packets
        if self._last is not None:
            raise self._last


def frames(container: Any) -> list[str]:
    return list(decoded(container, container, "unreadable_video"))


def test_a_stream_that_the_header_did_not_tell_takes_no_frame_away() -> None:
    # PyAV 18 looks for it in its own list of streams when the file is over.
    assert frames(Container("a", "b", last=IndexError("list index out of range"))) == ["a", "b"]


def test_an_error_of_ours_among_the_frames_is_not_taken_for_the_end() -> None:
    with pytest.raises(IndexError):
        frames(Container("a", IndexError("ours")))


def test_packets_that_cannot_be_decoded_are_skipped_up_to_a_limit() -> None:
    bad = InvalidDataError(1, "damaged")
    assert frames(Container("a", *[bad] * 200, "b")) == ["a", "b"]
    with pytest.raises(MediaUnreadable) as caught:
        frames(Container("a", *[bad] * 201, "b"))
    assert caught.value.code == "unreadable_video"
