"""Real files made on the spot, a development chain, a reader and a writer."""

import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from fpdf import FPDF
from PIL import Image

from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.inspection.reader import Inspector
from provenance.keys import devpki
from provenance.keys.signer import ClaimSigner
from provenance.keys.store import load_file_signer
from provenance.manifests.manifest import Declaration, Manifest, SourceType
from provenance.manifests.writer import ManifestWriter
from provenance.trust.lists import ListKind, TrustStore, parse_pem


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pki")
    devpki.create(folder, "Assay development")
    return folder


@pytest.fixture(scope="session")
def signer(pki: Path) -> ClaimSigner:
    return load_file_signer(pki)


@pytest.fixture(scope="session")
def trust(pki: Path) -> TrustStore:
    root = (pki / devpki.ROOT_FILE).read_bytes()
    return TrustStore((parse_pem("our root", ListKind.MANIFEST, root),))


@pytest.fixture(scope="session")
def inspector(trust: TrustStore) -> Iterator[Inspector]:
    with Inspector(trust) as reader:
        yield reader


@pytest.fixture(scope="session")
def writer(signer: ClaimSigner, inspector: Inspector) -> ManifestWriter:
    return ManifestWriter(signer, inspector)


@pytest.fixture
def human() -> Declaration:
    return Declaration(SourceType.HUMAN, "A photograph")


@pytest.fixture(scope="session")
def pixels() -> np.ndarray:
    wave_x = np.linspace(0, 12, 320)[None, :]
    wave_y = np.linspace(0, 9, 240)[:, None]
    picture = np.stack(
        [np.sin(wave_x + wave_y), np.cos(wave_x - wave_y), np.sin(wave_x * wave_y / 5)], axis=-1
    )
    return ((picture + 1) * 127).astype(np.uint8)


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory, pixels: np.ndarray) -> dict[str, Path]:
    """One real file of each format that is signed embedded, by its extension, and a text."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    folder = tmp_path_factory.mktemp("media")
    picture = Image.fromarray(pixels)
    for extension in ("jpg", "png", "webp", "gif", "tiff", "avif", "heic"):
        picture.save(folder / f"picture.{extension}")
    (folder / "picture.svg").write_text(
        "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><circle r='4' fill='red'/></svg>"
    )
    with wave.open(str(folder / "sound.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes((np.sin(np.arange(8000) / 9) * 9000).astype("<i2").tobytes())
    for extension, codec in (("mp3", "libmp3lame"), ("flac", "flac"), ("m4a", "aac")):
        _encode_sound(folder / f"sound.{extension}", codec)
    for extension in ("mp4", "mov"):
        _encode_video(folder / f"clip.{extension}", "mpeg4")
    document = FPDF()
    document.add_page()
    document.set_font("helvetica", size=20)
    document.cell(text="A page of text.")
    document.output(str(folder / "page.pdf"))
    (folder / "note.txt").write_text("Ein Satz, geschrieben von einem Menschen. 文字\n" * 20)
    return {path.suffix[1:]: path for path in folder.iterdir()}


@pytest.fixture
def encoded(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a second of sound, or of pictures, by the container's suffix and the codec."""

    def make(suffix: str, codec: str) -> Path:
        path = tmp_path / f"encoded.{suffix}"
        (_encode_sound if av.Codec(codec, "w").type == "audio" else _encode_video)(path, codec)
        return path

    return make


def _encode_sound(path: Path, codec: str) -> None:
    samples = (np.sin(np.arange(96_000) / 30) * 9_000).astype(np.int16).reshape(1, -1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=48_000, layout="stereo")
        stream.options = {"strict": "experimental"}
        stream.codec_context.open()
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
        frame.rate = 48_000
        size = stream.codec_context.frame_size or None
        resampler = av.AudioResampler(stream.format, "stereo", 48_000, size)
        for part in (*resampler.resample(frame), *resampler.resample(None), None):
            # FLAC's encoder ends with a packet of side data alone, which Ogg refuses.
            container.mux([packet for packet in stream.encode(part) if packet.size])


def _encode_video(path: Path, codec: str) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=24)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for index in range(24):
            picture = np.full((64, 64, 3), index * 10, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


@pytest.fixture
def jpeg(media: dict[str, Path]) -> Path:
    return media["jpg"]


@pytest.fixture
def signed(writer: ManifestWriter, jpeg: Path, human: Declaration, tmp_path: Path) -> Manifest:
    """A signed JPEG, fresh for each test."""
    return writer.sign(from_path(jpeg, Limits()), human, tmp_path, "signed")
