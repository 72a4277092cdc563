"""Each format keeps its private data elsewhere; it goes from there, and the rest still plays and shows."""

import base64
import io
import struct
import zlib
from pathlib import Path

import av
import pytest
from PIL import Image

from provenance.assets.private.strip import strip
from provenance.errors import RejectedAsset
from tests.provenance.assets.private.conftest import SECRETS, XMP, Picture

PLACE = b"+48.1234-011.5678/"


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


def with_boxes(recording: bytes, *added: bytes) -> bytes:
    """The boxes appended inside a `moov` that is the file's last box."""
    at = recording.index(b"moov") - 4
    size = int.from_bytes(recording[at : at + 4], "big")
    assert at + size == len(recording)
    inner = b"".join(added)
    return recording[:at] + struct.pack(">I", size + len(inner)) + recording[at + 4 :] + inner


def keyed(*pairs: tuple[bytes, bytes]) -> bytes:
    """Apple's list of keys and values."""
    keys = b"".join(box(b"mdta", name) for name, _ in pairs)
    values = b"".join(
        box(struct.pack(">I", number), box(b"data", struct.pack(">II", 1, 0) + value))
        for number, (_, value) in enumerate(pairs, start=1)
    )
    handler = box(b"hdlr", bytes(8) + b"mdta" + bytes(13))
    return box(
        b"meta", handler + box(b"keys", struct.pack(">II", 0, len(pairs)) + keys) + box(b"ilst", values)
    )


def telemetry_track(samples: int, size: int, offset: int) -> bytes:
    table = box(b"stsd", struct.pack(">II", 0, 1) + box(b"gpmd", bytes(8)))
    table += box(b"stsz", struct.pack(">III", 0, size, samples))
    table += box(b"stsc", struct.pack(">IIIII", 0, 1, 1, samples, 1))
    table += box(b"stco", struct.pack(">III", 0, 1, offset))
    return box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", table))))


def frames(content: bytes) -> list[bytes]:
    with av.open(io.BytesIO(content)) as container:
        return [frame.to_ndarray().tobytes() for frame in container.decode(video=0)]


@pytest.mark.parametrize("kind", ["mp4", "mov"])
def test_where_a_film_was_shot_goes_and_the_film_still_plays(media: dict[str, Path], kind: str) -> None:
    plain = media[kind].read_bytes()
    content = with_boxes(
        plain,
        box(b"udta", box(b"\xa9xyz", b"\0\x12\x15\xc7" + PLACE) + box(b"loci", bytes(6) + PLACE)),
        keyed(
            (b"com.apple.quicktime.location.ISO6709", PLACE), (b"com.apple.quicktime.author", b"Ada Artist")
        ),
    )
    done = strip(content, f"video/{'quicktime' if kind == 'mov' else 'mp4'}")
    assert PLACE not in done.data
    assert done.data.count(b"Ada Artist") == 1
    assert done.removed == ("GPS position",)
    assert len(done.data) == len(content)
    assert frames(done.data) == frames(plain)


def test_what_a_camera_recorded_of_its_own_movement_goes(media: dict[str, Path]) -> None:
    plain = media["mp4"].read_bytes()
    samples = b"GPS5" + PLACE * 4
    free = box(b"mdat", samples)
    at = plain.index(b"moov") - 4
    # Offsets of the film itself lie before: the samples come behind it, the index last.
    film = plain[:at] + free + plain[at:]
    content = with_boxes(film, telemetry_track(2, len(samples) // 2, at + 8))
    done = strip(content, "video/mp4")
    assert PLACE not in done.data
    assert done.removed == ("recorded movement of the camera",)
    assert frames(done.data) == frames(plain)


def test_telemetry_that_cannot_be_found_is_refused(media: dict[str, Path]) -> None:
    content = with_boxes(media["mp4"].read_bytes(), telemetry_track(2, 8, 1 << 31).replace(b"stsz", b"stsx"))
    with pytest.raises(RejectedAsset):
        strip(content, "video/mp4")


def test_the_purchaser_of_music_goes_and_its_title_stays(media: dict[str, Path]) -> None:
    values = box(b"apID", box(b"data", bytes(8) + b"olga@example.org")) + box(
        b"\xa9nam", box(b"data", bytes(8) + b"A song")
    )
    meta = box(b"meta", bytes(4) + box(b"hdlr", bytes(8) + b"mdir" + bytes(13)) + box(b"ilst", values))
    done = strip(with_boxes(media["m4a"].read_bytes(), box(b"udta", meta)), "audio/mp4")
    assert b"olga" not in done.data
    assert b"A song" in done.data
    assert done.removed == ("purchaser's account",)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


@pytest.mark.parametrize(
    "added",
    [
        chunk(b"tEXt", b"Raw profile type exif\0\nexif\n 11\n" + b"SERIAL-4711".hex().encode()),
        chunk(b"zTXt", b"Raw profile type APP1\0\0" + zlib.compress(b"SERIAL-4711")),
        chunk(b"tEXt", b"exif:GPSLatitude\x0048,7.407N"),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(XMP)),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(XMP)[:50]),
    ],
)
def test_private_text_of_a_png_goes_and_its_checksums_fit(picture: Picture, added: bytes) -> None:
    plain = picture("PNG", exif=b"")
    end = plain.index(b"IDAT") - 4
    content = plain[:end] + chunk(b"tEXt", b"Author\0Ada Artist") + added + plain[end:]
    done = strip(content, "image/png")
    assert done.removed
    assert not [secret for secret in SECRETS if secret in done.data or secret.hex().encode() in done.data]
    assert added not in done.data
    with Image.open(io.BytesIO(done.data)) as image:
        image.verify()
        assert image.info["Author"] == "Ada Artist"
    assert strip(done.data, "image/png").data == done.data


def test_compressed_xmp_without_secrets_stays(picture: Picture) -> None:
    packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a>Copyright Ada</a></x:xmpmeta>'
    plain = picture("PNG", exif=b"")
    end = plain.index(b"IDAT") - 4
    content = (
        plain[:end] + chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(packet)) + plain[end:]
    )
    assert strip(content, "image/png").data == content


def test_a_gif_loses_the_position_in_its_xmp(picture: Picture) -> None:
    plain = picture("GIF", exif=b"")
    run_out = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    content = plain[:-1] + b"\x21\xff\x0bXMP DataXMP" + XMP + run_out + b";"
    done = strip(content, "image/gif")
    assert b"48,7.407N" not in done.data
    assert b"Copyright Ada" in done.data
    with Image.open(io.BytesIO(done.data)) as image:
        image.load()


def test_a_vector_picture_keeps_its_drawing_and_loses_its_secrets(picture: Picture) -> None:
    inner = base64.encodebytes(picture("JPEG", xmp=XMP)).decode()
    body = XMP.split(b"?>", 1)[1].rsplit(b"<?", 1)[0].decode()
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><metadata>'
        f'{body}</metadata><circle r="4"/><image href="data:image/jpeg;base64,{inner}"/></svg>'
    )
    done = strip(drawing.encode(), "image/svg+xml")
    assert b"48,7.407N" not in done.data
    assert b"Copyright Ada" in done.data
    assert b'<circle r="4"/>' in done.data
    packed = done.data.split(b"base64,")[1].split(b'"')[0]
    assert not [secret for secret in SECRETS if secret in base64.b64decode(packed)]
    assert {"GPS position", "owner's name"} <= set(done.removed)


def test_open_xmp_and_pictures_of_a_document_are_gone_through(
    media: dict[str, Path], picture: Picture
) -> None:
    objects = b"9 0 obj <</Type /Metadata>>\nstream\n" + XMP + b"\nendstream\nendobj\n"
    objects += b"10 0 obj <</Filter /DCTDecode>>\nstream\r\n" + picture("JPEG") + b"\nendstream\nendobj\n"
    content = media["pdf"].read_bytes() + objects
    done = strip(content, "application/pdf")
    assert not [secret for secret in SECRETS if secret in done.data]
    assert b"Copyright Ada" in done.data
    assert len(done.data) == len(content)


def test_covers_of_sound_lose_their_exif(media: dict[str, Path], picture: Picture) -> None:
    cover = b"\0image/jpeg\0\x03\0" + picture("JPEG")
    frame = b"APIC" + struct.pack(">I", len(cover)) + b"\0\0" + cover
    title = b"TIT2" + struct.pack(">I", 7) + b"\0\0\0A song"
    size = len(frame) + len(title)
    length = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    sound = media["mp3"].read_bytes()
    content = b"ID3\x03\0\0" + length + title + frame + sound
    done = strip(content, "audio/mpeg")
    assert not [secret for secret in SECRETS if secret in done.data]
    assert b"A song" in done.data
    assert done.data.endswith(sound)


def test_flac_comments_lose_the_place_and_keep_the_title() -> None:
    comments = b"".join(struct.pack("<I", len(text)) + text for text in (b"TITLE=A song", b"LOCATION=Munich"))
    block = struct.pack("<I", 0) + struct.pack("<I", 2) + comments
    content = b"fLaC" + b"\x84" + len(block).to_bytes(3, "big") + block
    done = strip(content, "audio/flac")
    assert b"Munich" not in done.data
    assert b"TITLE=A song" in done.data
    assert done.removed == ("name of the place",)


def iim(dataset: int, value: bytes) -> bytes:
    return b"\x1c\x02" + bytes([dataset]) + struct.pack(">H", len(value)) + value


def test_photoshop_resources_lose_places_and_previews_and_keep_the_byline(picture: Picture) -> None:
    def resource(kind: int, content: bytes) -> bytes:
        return b"8BIM" + struct.pack(">HHI", kind, 0, len(content)) + content + bytes(len(content) & 1)

    records = iim(80, b"Ada Artist") + iim(90, b"Munich") + iim(116, b"Copyright Ada")
    body = b"Photoshop 3.0\0" + resource(0x0404, records) + resource(0x040C, b"SERIAL-4711")
    plain = picture("JPEG", exif=b"")
    content = plain[:2] + b"\xff\xed" + struct.pack(">H", len(body) + 2) + body + plain[2:]
    done = strip(content, "image/jpeg")
    assert b"Munich" not in done.data
    assert b"SERIAL" not in done.data
    assert b"Ada Artist" in done.data
    assert b"Copyright Ada" in done.data
    assert done.removed == ("embedded preview picture", "name of the place")


@pytest.mark.parametrize("marker", [0xE3, 0xE4, 0xE6, 0xEF])
def test_a_makers_own_segments_go(picture: Picture, marker: int) -> None:
    plain = picture("JPEG", exif=b"")
    content = plain[:2] + bytes([0xFF, marker, 0, 20]) + b"GoPro SERIAL-4711 "[:18] + plain[2:]
    done = strip(content, "image/jpeg")
    assert b"SERIAL" not in done.data
    assert done.removed == ("maker's own data",)


def test_extended_xmp_goes_with_its_mention(picture: Picture) -> None:
    body = b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 40 + XMP
    plain = picture("JPEG", exif=b"")
    content = plain[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + plain[2:]
    done = strip(content, "image/jpeg")
    assert b"48,7.407N" not in done.data
    assert done.removed == ("extended XMP data",)


def test_xmp_that_is_no_xml_goes_whole(picture: Picture) -> None:
    done = strip(picture("WEBP", exif=b"", xmp=XMP.replace(b"</rdf:RDF>", b"")), "image/webp")
    assert b"48,7.407N" not in done.data
    assert done.removed == ("XMP data that cannot be read",)
