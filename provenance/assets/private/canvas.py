"""The bytes that are blanked, in memory or mapped from a file, and the list of what went."""

import mmap
from dataclasses import dataclass, field

from provenance.assets.limits import Limits
from provenance.assets.structure.walker import Walk

POSITION = "GPS position"
MAKER_NOTE = "maker note"
CAMERA_SERIAL = "camera serial number"
LENS_SERIAL = "lens serial number"
OWNER = "owner's name"
COMMENT = "user comment"
UNIQUE_ID = "unique image number"
PREVIEW = "embedded preview picture"
PLACE = "name of the place"
REGIONS = "people marked in the picture"
COMPUTER = "name of the computer"
FILE_PATH = "path of the original file"
UNKNOWN_EXIF = "camera data of unknown meaning"
VENDOR = "maker's own data"
TRAILER = "data behind the end of the picture"
UNREADABLE_EXIF = "EXIF data that cannot be read"
UNREADABLE_XMP = "XMP data that cannot be read"
EXTENDED_XMP = "extended XMP data"
TELEMETRY = "recorded movement of the camera"
ACCOUNT = "purchaser's account"


@dataclass(slots=True)
class Canvas:
    """Writable bytes and what was blanked in them. Writing never changes their length."""

    data: bytearray | mmap.mmap
    limits: Limits = field(default_factory=Limits)
    removed: dict[str, None] = field(default_factory=dict)

    def walk(self, start: int = 0, end: int | None = None) -> Walk:
        """The same bytes as the structural walkers read them, up to `end`."""
        return Walk(self.data, self.limits, start, end)

    def blank(self, start: int, end: int, what: str = "", fill: bytes = b"\0") -> bool:
        """Overwrite from `start` to `end` with `fill`, one byte; whether that changed anything.

        `what` is noted as removed then. Bytes that are blank already are not written, so a file that holds
        nothing private stays untouched.
        """
        start, end = max(0, start), min(end, len(self.data))
        changed = False
        for at in range(start, end, _STEP):
            length = min(_STEP, end - at)
            if self.data[at : at + length] != fill * length:
                self.data[at : at + length] = fill * length
                changed = True
        if changed and what:
            self.note(what)
        return changed

    def write(self, start: int, content: bytes) -> bool:
        """Put `content` at `start`; whether that changed anything."""
        if self.data[start : start + len(content)] == content:
            return False
        self.data[start : start + len(content)] = content
        return True

    def note(self, what: str) -> None:
        """Remember that `what` was removed."""
        self.removed[what] = None


_STEP = 1 << 20
