"""EXIF and XMP that tell where somebody lives, in files of every format."""

import io
import struct
from collections.abc import Callable

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

# Numbers that turn up nowhere else in a file: a search for them finds every copy of the position.
DEGREES = 48_123_457
SECRETS = (
    b"SERIAL-4711",
    b"LENS-0815",
    b"Olga Owner",
    b"MAKER-SECRET",
    b"MY COMMENT",
    b"UNIQUE-0001",
    struct.pack("<I", DEGREES),
    struct.pack(">I", DEGREES),
    b"48,7.407N",
)
CREDIT = (b"Ada Artist", b"Copyright Ada")

XMP = b"""<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:e="http://ns.adobe.com/exif/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:aux="http://ns.adobe.com/exif/1.0/aux/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 e:GPSLatitude="48,7.407N" aux:SerialNumber='SERIAL-4711' dc:format="image/jpeg">
<e:GPSLongitude>48,7.407N</e:GPSLongitude><dc:rights>Copyright Ada</dc:rights>
<e:GPSTimeStamp a:x="/>" xmlns:a="a"/>
<Iptc4xmpExt:LocationShown><rdf:Bag><rdf:li>Olga Owner</rdf:li></rdf:Bag></Iptc4xmpExt:LocationShown>
<dc:creator><rdf:Seq><rdf:li>Ada Artist</rdf:li></rdf:Seq></dc:creator>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""

Picture = Callable[..., bytes]


def exif_block(orientation: int = 6, xmp: bytes = b"") -> bytes:
    """An EXIF block as a camera writes it, with everything that is private in it."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    if xmp:
        exif[0x02BC] = xmp
    exif[0x010F] = "Some Maker"
    exif[0x013B] = "Ada Artist"
    exif[0x8298] = "Copyright Ada"
    inner = exif.get_ifd(0x8769)
    inner[0x9003] = "2026:11:23 10:00:00"
    inner[0x927C] = b"MAKER-SECRET" * 4
    inner[0x9286] = b"ASCII\0\0\0MY COMMENT"
    inner[0xA420] = "UNIQUE-0001 UNIQUE-0001"
    inner[0xA430] = "Olga Owner"
    inner[0xA431] = "SERIAL-4711"
    inner[0xA435] = "LENS-0815"
    position = exif.get_ifd(0x8825)
    position[1] = "N"
    position[2] = (IFDRational(DEGREES, 1_000_003), 0.0, 0.0)
    position[4] = (IFDRational(DEGREES, 1_000_003), 0.0, 0.0)
    return exif.tobytes()


@pytest.fixture
def picture() -> Picture:
    """A picture of a format with private EXIF and XMP in it."""
    import pillow_heif

    pillow_heif.register_heif_opener()

    def made(kind: str, **options: object) -> bytes:
        image = Image.linear_gradient("L").convert("RGB").resize((64, 48))
        out = io.BytesIO()
        image.save(out, kind, **{"exif": exif_block(), **options})
        return out.getvalue()

    return made
