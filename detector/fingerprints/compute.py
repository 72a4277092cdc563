"""The fingerprint stage: content in, Fingerprints out."""

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from detector.errors import MediaUnreadable
from detector.fingerprints.exact import digest_print, text_print
from detector.fingerprints.fingerprint import Fingerprint, Fingerprints, Unread
from detector.fingerprints.image_embedding import embedding_prints
from detector.fingerprints.image_model import ImageModel
from detector.fingerprints.iscc import text_code
from detector.fingerprints.minilm import METHOD as MINILM_METHOD
from detector.fingerprints.minilm import SentenceEmbedder
from detector.fingerprints.pdq import METHOD as PDQ_METHOD
from detector.fingerprints.picture import picture
from detector.fingerprints.recording import coded_recording
from detector.fingerprints.shingles import shingle_prints, text_weight
from detector.fingerprints.soft_binding import with_code
from detector.fingerprints.text_normaliser import is_latin, normalise, skeleton, spoken
from detector.fingerprints.vlad import METHOD as VLAD_METHOD
from detector.fingerprints.vlad import WEIGHTS_SHA256 as VLAD_SHA256
from detector.media.container import StreamLimits
from detector.media.image import ImageLimits
from detector.media.text import MAX_TEXT_BYTES, read_text
from detector.media.workers import Workers
from provenance.assets.asset import Medium

R = TypeVar("R")

EXCERPT_CHARACTERS = 500
RECORDING_SECONDS = 1_200
"""Of processor time for a recording: three hours of video are decoded in about ten minutes; the code of one
hour in full HD, the most that gets one, takes two minutes beside that."""

# What Pillow and pillow-heif read; other pictures (SVG, JPEG XL, camera raw) are known by their digest.
_RASTER = (b"\xff\xd8", b"\x89PNG", b"GIF8", b"RIFF", b"II*\0", b"MM\0*", b"BM")


@dataclass(frozen=True, slots=True)
class Embedders:
    """What computing fingerprints needs beyond the content. `text` or `image` None: texts or
    pictures go without an embedding.

    `workers` decode media in processes of their own; None decodes in this one, for tools that read their own
    files alone.
    """

    text: SentenceEmbedder | None = None
    image: ImageModel | None = None
    image_limits: ImageLimits = field(default_factory=ImageLimits)
    stream_limits: StreamLimits = field(default_factory=StreamLimits)
    text_bytes: int = MAX_TEXT_BYTES
    workers: Workers | None = None

    def warm(self) -> None:
        """Load every model and start every worker now. Raises ModelUnavailable, DecoderUnavailable."""
        if self.workers is not None:
            self.workers.warm()
        if self.text is not None:
            self.text.warm()
        if self.image is not None:
            self.image.warm()

    def weights(self, methods: Collection[str]) -> dict[str, str]:
        """SHA-256 (hex) of the weights of each model behind these methods. Raises ModelUnavailable."""
        models = [model for model in (self.text, self.image) if model is not None and model.method in methods]
        found = {model.method: model.weights() for model in models}
        if VLAD_METHOD in methods:
            found[VLAD_METHOD] = VLAD_SHA256
        return found

    def decoded(self, function: Callable[..., R], path: Path, *args: object, cpu_seconds: int = 0) -> R:
        """`function(path, *args)`, in a worker where there are any: see Workers.call."""
        if self.workers is None:
            return function(path, *args)
        return self.workers.call(function, path, *args, cpu_seconds=cpu_seconds)


def fingerprints(path: Path, medium: Medium, sha256: str, embedders: Embedders) -> Fingerprints:
    """All fingerprints of the file at `path`; `sha256` is its digest in hex.

    Pictures: digest, PDQ, local features and their vectors, embedding, ISCC and a thumbnail. Texts: see
    text_fingerprints, and ISCC. Audio and video: digest, those of the tracks (recording.py), and ISCC. All
    else: the digest, and that alone, with the reason in `unread`, where the content cannot be decoded within
    the limits. Raises ModelUnavailable when a model cannot be loaded, DecoderUnavailable when no worker can
    be started.
    """
    try:
        return _decoded(path, medium, sha256, embedders)
    except MediaUnreadable as error:
        return undecoded(medium, sha256, error)


def undecoded(medium: Medium, sha256: str, error: MediaUnreadable) -> Fingerprints:
    """The fingerprints of what cannot be decoded: its digest."""
    return Fingerprints(sha256, medium, (digest_print(sha256),), unread=Unread(error.code, str(error)))


def _decoded(path: Path, medium: Medium, sha256: str, embedders: Embedders) -> Fingerprints:
    if medium is Medium.TEXT:
        text = read_text(path, embedders.text_bytes)
        return with_code(text_fingerprints([text], embedders, [sha256])[0], text_code(text))
    if medium is Medium.IMAGE and _is_raster(path):
        seen = embedders.decoded(picture, path, embedders.image_limits)
        # A flat picture has nothing to go by, for the network as for PDQ.
        quality = max((entry.quality for entry in seen.prints if entry.method == PDQ_METHOD), default=0)
        embedded = () if embedders.image is None else embedding_prints(embedders.image, seen.small, quality)
        prints = (digest_print(sha256), *seen.prints, *embedded)
        found = Fingerprints(sha256, medium, prints, thumbnail=seen.thumbnail)
        return with_code(found, seen.iscc)
    if medium in (Medium.AUDIO, Medium.VIDEO):
        limits = embedders.stream_limits
        read = embedders.decoded(coded_recording, path, limits, medium.value, cpu_seconds=RECORDING_SECONDS)
        return with_code(Fingerprints(sha256, medium, (digest_print(sha256), *read.prints)), read.iscc)
    return Fingerprints(sha256, medium, (digest_print(sha256),))


def text_fingerprints(
    texts: Sequence[str], embedders: Embedders, digests: Sequence[str] | None = None
) -> list[Fingerprints]:
    """Fingerprints of many texts, in order: digest, digest of the normalised text, shingles, embedding.

    `digests` are the SHA-256 of the files that the texts came from; without them, of the texts in UTF-8.
    """
    plain = [normalise(text) for text in texts]
    skeletons = [skeleton(text) for text in plain]
    if digests is None:
        digests = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() for text in texts]
    embedded = _embedded(plain, skeletons, embedders.text)
    results = []
    for text, digest, clean, bones, embedding in zip(texts, digests, plain, skeletons, embedded, strict=True):
        prints = (digest_print(digest), text_print(text), *shingle_prints(bones), *embedding)
        results.append(Fingerprints(digest, Medium.TEXT, prints, clean[:EXCERPT_CHARACTERS]))
    return results


def _embedded(
    plain: Sequence[str], skeletons: Sequence[str], embedder: SentenceEmbedder | None
) -> list[tuple[Fingerprint, ...]]:
    """Each text's embedding, or nothing where the model has nothing to go by.

    The embedded model is English: it knows other scripts only as single letters or unknown tokens, which
    puts any two texts near each other. It is not asked about texts of which under 80 % is Latin; a model of
    the operator's choice is asked about all.
    """
    prints: list[tuple[Fingerprint, ...]] = [()] * len(plain)
    if embedder is None:
        return prints
    every = embedder.method != MINILM_METHOD
    chosen = [i for i, bones in enumerate(skeletons) if bones and (every or is_latin(plain[i]))]
    vectors = embedder.embed([spoken(plain[i]) for i in chosen])
    for i, vector in zip(chosen, vectors, strict=True):
        value = vector.astype("<f4").tobytes()
        prints[i] = (Fingerprint(embedder.method, value, text_weight(skeletons[i])),)
    return prints


def _is_raster(path: Path) -> bool:
    """Whether the content starts like a picture format that we decode."""
    try:
        with path.open("rb") as stream:
            head = stream.read(16)
    except OSError as error:
        raise MediaUnreadable(f"The file could not be read: {error.strerror}.") from error
    return head.startswith(_RASTER) or head[4:8] == b"ftyp"
