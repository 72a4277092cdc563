"""Which EXIF and TIFF tags stay, and what to call those that go (EXIF 3.0, TIFF 6.0, DNG 1.7, GeoTIFF 1.1).

Artist, copyright, photographer, title and dates are credit that somebody put there to be read: they stay,
as does all that is needed to show the picture. Serial numbers, the owner, comments, maker notes (which hold
serial numbers and faces) and positions go. In an EXIF block an unknown tag goes too: nobody can say what it
tells.
"""

from provenance.assets.private import canvas as words

EXIF_IFD, GPS_IFD, INTEROP_IFD, SUB_IFDS = 0x8769, 0x8825, 0xA005, 0x014A
ORIENTATION = 0x0112
XMP, IPTC, PHOTOSHOP = 0x02BC, 0x83BB, 0x8649

PRIVATE: dict[int, str] = {
    0x013C: words.COMPUTER,
    0x8825: words.POSITION,
    0x927C: words.MAKER_NOTE,
    0x9286: words.COMMENT,
    0x9C9C: words.COMMENT,
    0xA420: words.UNIQUE_ID,
    0xA430: words.OWNER,
    0xA431: words.CAMERA_SERIAL,
    0xA435: words.LENS_SERIAL,
    0xC62F: words.CAMERA_SERIAL,
    0xC634: words.MAKER_NOTE,
    0xC65D: words.UNIQUE_ID,
    0xC68B: words.FILE_PATH,
    0xC68C: words.PREVIEW,
    # GeoTIFF: where on the map the picture lies.
    **dict.fromkeys((0x830E, 0x8482, 0x85D8, 0x87AF, 0x87B0, 0x87B1), words.POSITION),
}
"""Tags that go wherever they stand; in a TIFF file everything else stays."""

_MAIN = frozenset(
    {
        *(0x00FE, 0x00FF, 0x0100, 0x0101, 0x0102, 0x0103, 0x0106, 0x010D, 0x010E, 0x010F, 0x0110),
        *(ORIENTATION, 0x0115, 0x011A, 0x011B, 0x011C, 0x0128, 0x012D, 0x0131, 0x0132, 0x013B, 0x013E),
        *(0x013F, 0x0211, 0x0212, 0x0213, 0x0214, 0x4746, 0x4749, 0x8298, EXIF_IFD, 0x8773),
        *(0x9C9B, 0x9C9D, 0x9C9E, 0x9C9F, 0xC4A5),
    }
)
_EXIF = frozenset(
    {
        *(0x829A, 0x829D, 0x8822, 0x8824, 0x8827, 0x8828, *range(0x8830, 0x8836), 0x9000, 0x9003, 0x9004),
        *(0x9010, 0x9011, 0x9012, 0x9101, 0x9102, *range(0x9201, 0x920B), 0x9214, 0x9290, 0x9291, 0x9292),
        *(0xA000, 0xA001, 0xA002, 0xA003, INTEROP_IFD, 0xA20B, 0xA20C, 0xA20E, 0xA20F, 0xA210, 0xA214),
        *(0xA215, 0xA217, 0xA300, 0xA301, 0xA302, *range(0xA401, 0xA40D), 0xA432, 0xA433, 0xA434),
        *(*range(0xA436, 0xA43D), 0xA460, 0xA461, 0xA462, 0xA500),
    }
)
_INTEROP = frozenset({0x0001, 0x0002, 0x1000, 0x1001, 0x1002})
# Room that Windows reserves for later; it says nothing.
_PADDING = 0xEA1C


def stays(tag: int, inside: int) -> bool:
    """Whether `tag` stays in an EXIF block's directory `inside`: 0 for the first, or the pointer's tag."""
    known = {0: _MAIN, EXIF_IFD: _EXIF, INTEROP_IFD: _INTEROP}.get(inside, frozenset())
    # Some writers put a camera's settings into the first directory.
    return tag in known or (inside != INTEROP_IFD and tag in _MAIN | _EXIF)


def word(tag: int) -> str:
    """What to call a removed tag; nothing for padding."""
    return "" if tag == _PADDING else PRIVATE.get(tag, words.UNKNOWN_EXIF)
