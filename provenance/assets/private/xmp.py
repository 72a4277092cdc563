"""XMP packets (ISO 16684-1) and other XML: private properties are overwritten with spaces, in place.

expat tells where each element begins and ends; prefixes are resolved, so a property is known by its namespace
whatever it is called in the packet. Whole elements and single attributes go, and what is left is well-formed
still.
"""

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from provenance.assets.private import canvas as words
from provenance.assets.private.canvas import Canvas

HEADER = b"http://ns.adobe.com/xap/1.0/\0"
"""What a packet in a JPEG begins with; some writers put it into other formats too."""

_MOST_BYTES = 16 << 20
_MAX_DEPTH = 256
_EMPTY = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'
_BEGIN, _END = b"<?xpacket begin=", b"<?xpacket end="
_EMPTY_TAG = re.compile(rb"\s*/")
_ATTRIBUTE = re.compile(rb"""\s+([^\s=<>/"']+)\s*=\s*(?:"[^"]*"|'[^']*')""")

_EXIF = "http://ns.adobe.com/exif/1.0/"
_EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_CORE = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
_PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"

_NAMESPACES = {
    "http://www.metadataworkinggroup.com/schemas/regions/": words.REGIONS,
    "http://ns.microsoft.com/photo/1.2/": words.REGIONS,
    "http://ns.microsoft.com/photo/1.2/t/RegionInfo#": words.REGIONS,
    "http://ns.apple.com/faceinfo/1.0/": words.REGIONS,
    "http://ns.acdsee.com/regions/": words.REGIONS,
    "http://www.dji.com/drone-dji/1.0/": words.VENDOR,
    "http://www.parrot.com/drone-parrot/1.0/": words.VENDOR,
    "http://pix4d.com/camera/1.0": words.VENDOR,
    "http://pix4d.com/camera/1.0/": words.VENDOR,
    "http://ns.flir.com/xmp/1.0/": words.VENDOR,
}
_PROPERTIES = {
    (_EXIF, "UserComment"): words.COMMENT,
    (_EXIF, "MakerNote"): words.MAKER_NOTE,
    (_EXIF, "ImageUniqueID"): words.UNIQUE_ID,
    (_EXTENSION, "LocationCreated"): words.PLACE,
    (_EXTENSION, "LocationShown"): words.PLACE,
    (_CORE, "Location"): words.PLACE,
    (_CORE, "CountryCode"): words.PLACE,
    (_PHOTOSHOP, "City"): words.PLACE,
    (_PHOTOSHOP, "State"): words.PLACE,
    (_PHOTOSHOP, "Country"): words.PLACE,
    ("http://ns.adobe.com/xap/1.0/", "Thumbnails"): words.PREVIEW,
    ("http://ns.google.com/photos/1.0/image/", "Data"): words.PREVIEW,
    ("http://ns.adobe.com/xap/1.0/sType/ResourceRef#", "filePath"): words.FILE_PATH,
    ("http://ns.adobe.com/xmp/note/", "HasExtendedXMP"): words.EXTENDED_XMP,
}
# Whatever the namespace: makers invent their own.
_NAMED = (
    (re.compile(r"\A_?gps|latitude|longitude|altitude", re.IGNORECASE), words.POSITION),
    (re.compile(r"lens_?serial_?number", re.IGNORECASE), words.LENS_SERIAL),
    (re.compile(r"serial_?number", re.IGNORECASE), words.CAMERA_SERIAL),
    (re.compile(r"owner_?name", re.IGNORECASE), words.OWNER),
)


def blank(canvas: Canvas, start: int, end: int) -> None:
    """Blank the private properties of the packet between `start` and `end`; one that cannot be read goes
    whole, an empty packet in its place."""
    if bytes(canvas.data[start : start + len(HEADER)]) == HEADER:
        start += len(HEADER)
    content = bytes(canvas.data[start:end])
    # Padding with zeros, as some writers do, is no XML.
    text = content.rstrip(b"\0")
    if not text.strip():
        return
    try:
        found = _private(text, "", "UTF-8")
    except (expat.ExpatError, ValueError, LookupError):
        left = _EMPTY if len(_EMPTY) <= len(content) else b""
        if canvas.write(start, left + b" " * (len(content) - len(left))):
            canvas.note(words.UNREADABLE_XMP)
        return
    _erase(canvas, start, found)


def blank_inside(canvas: Canvas, start: int, end: int, element: str) -> None:
    """Blank the private properties inside each `element` of a document, an SVG's `metadata` say.

    Raises ValueError where the document cannot be read.
    """
    try:
        found = _private(bytes(canvas.data[start:end]), element, None)
    except (expat.ExpatError, LookupError) as error:
        raise ValueError("no XML") from error
    _erase(canvas, start, found)


def scan(canvas: Canvas, start: int, end: int) -> None:
    """Blank the private properties of every packet that lies open between `start` and `end` (ISO 16684-1
    section 7.3.2: packets can be found by scanning)."""
    while (at := canvas.data.find(_BEGIN, start, end)) >= 0:
        start = canvas.data.find(_END, at, end)
        opened = canvas.data.find(b"?>", at, start if start >= 0 else end)
        if start < 0 or opened < 0:
            return
        blank(canvas, opened + 2, start)


def name_of(namespace: str, local: str) -> str:
    """What to call the property if it is private, else nothing."""
    known = _NAMESPACES.get(namespace) or _PROPERTIES.get((namespace, local))
    if known:
        return known
    return next((word for pattern, word in _NAMED if pattern.search(local)), "")


Found = tuple[int, int, str]


def _erase(canvas: Canvas, start: int, found: list[Found]) -> None:
    for at, to, what in found:
        canvas.blank(start + at, start + to, what, b" ")


@dataclass(slots=True)
class _Reading:
    """One pass over a document: the prefixes in force, and the spans found so far."""

    text: bytes
    inside: str
    parser: expat.XMLParserType
    prefixes: list[dict[str, str]] = field(default_factory=lambda: [{}])
    depth_inside: int = 0
    private: tuple[int, int, str] | None = None
    found: list[Found] = field(default_factory=list)

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.prefixes) > _MAX_DEPTH:
            raise ValueError("too deep")
        declared = {key[6:]: value for key, value in attributes.items() if key.startswith("xmlns:")}
        if "xmlns" in attributes:
            declared[""] = attributes["xmlns"]
        self.prefixes.append(self.prefixes[-1] | declared if declared else self.prefixes[-1])
        here = self.depth_inside > 0 or not self.inside
        if name.rpartition(":")[2] == self.inside or self.depth_inside:
            self.depth_inside += 1
        if self.private is not None or not here:
            return
        at = self.parser.CurrentByteIndex
        what = self._named(name)
        if what and len(self.prefixes) == 2:
            raise ValueError("nothing would be left")
        if what:
            self.private = (len(self.prefixes), at, what)
        else:
            self._attributes(at, attributes)

    def closed(self, name: str) -> None:
        if self.private is not None and self.private[0] == len(self.prefixes):
            _, start, what = self.private
            end = self._tag_end(start)
            # An element without content has no closing tag; expat then stands behind it already.
            if not _EMPTY_TAG.match(self.text, end):
                end = self.parser.CurrentByteIndex
            self.found.append((start, self.text.index(b">", end) + 1, what))
            self.private = None
        self.depth_inside -= self.depth_inside > 0
        self.prefixes.pop()

    def _tag_end(self, at: int) -> int:
        """Where the attributes of the tag that begins at `at` end."""
        name = re.compile(rb"<[^\s/>]+").match(self.text, at)
        at = name.end() if name else at
        while attribute := _ATTRIBUTE.match(self.text, at):
            at = attribute.end()
        return at

    def _attributes(self, at: int, attributes: dict[str, str]) -> None:
        private = {
            key.encode(): what
            for key in attributes
            if ":" in key and not key.startswith(("xmlns:", "xml:")) and (what := self._named(key))
        }
        if not private:
            return
        end = self._tag_end(at)
        for match in _ATTRIBUTE.finditer(self.text, at, end):
            if match.group(1) in private:
                self.found.append((match.start(), match.end(), private[match.group(1)]))

    def _named(self, name: str) -> str:
        prefix, _, local = name.rpartition(":")
        return name_of(self.prefixes[-1].get(prefix, ""), local)


def _private(text: bytes, inside: str, encoding: str | None) -> list[Found]:
    """Where the private parts of an XML document lie.

    Raises ExpatError, ValueError, or LookupError (an unknown encoding) where it is none that we read.
    """
    if len(text) > _MOST_BYTES or text.startswith((b"\xff\xfe", b"\xfe\xff", b"\0", b"<\0")):
        raise ValueError("too large, or not one byte a character")
    parser = expat.ParserCreate(encoding)
    reading = _Reading(text, inside, parser)
    parser.StartElementHandler = reading.opened
    parser.EndElementHandler = reading.closed
    parser.EntityDeclHandler = _no_entities
    parser.Parse(text, True)
    return reading.found


def _no_entities(*_declaration: object) -> None:
    raise ValueError("an entity declaration")
