"""A folder of mixed files screened end to end, and how long one large photograph takes to its fingerprints.

The folder is made here, from a seed: pictures of eval/images/train and samples/photos with edited copies, and
messages of the corpus' tuning half with disguised ones. The peer is what people write for this: imagehash's
phash of every picture with Pillow, in as many processes.
"""

import hashlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import psutil
from PIL import Image, ImageOps

from detector.calibrate_text import half
from detector.media.workers import Workers
from detector.text_edits import EDITS
from detector.threads import cores
from service.cli.figures import Figure
from service.cli.scratch import MANAGE
from service.settings.env import PROJECT

TITLE = "a folder of mixed files screened end to end, and a 12-megapixel JPEG to all its fingerprints"
SHARED = PROJECT.parent / "shared"
CORPUS = SHARED / "eval" / "text" / "sms_spam_collection.tsv"
PICTURES = SHARED / "eval" / "images" / "train"
PHOTOS = SHARED / "samples" / "photos"
FILES = int(os.environ.get("ASSAY_BENCH_FILES", "10000"))
"""Fewer by this variable, where a machine has no time for all; the figure says how many it were."""
_SHARE_OF_TEXTS = 0.4
_LARGE_EVERY = 20
"""One picture in so many is a photograph of two megapixels, the others are as small as on message boards."""
_CONTEST = 600
_TURNS = 15
_SEED = 20261124

_Edit = Callable[[Image.Image, random.Random], Image.Image]
_EDITS: tuple[_Edit, ...] = (
    lambda image, _: image.resize((max(1, image.width // 2), max(1, image.height // 2))),
    lambda image, _: image.crop((image.width // 10, image.height // 10, image.width, image.height)),
    lambda image, _: ImageOps.mirror(image),
    lambda image, _: ImageOps.grayscale(image).convert("RGB"),
    lambda image, rng: image.rotate(rng.choice((90, 180, 270)), expand=True),
    lambda image, _: ImageOps.expand(image, image.width // 12, "black"),
)


def measure() -> list[Figure]:
    """The folder first, then pictures beside the peer, then one large photograph."""
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as name:
        folder = Path(name) / "mixed"
        folder.mkdir()
        digest = made(folder, FILES)
        figures = _folder(folder, digest)
        figures += _beside_the_peer(sorted(folder.glob("*.jpg"))[:_CONTEST])
        figures += _large_photo(Path(name))
    return figures


def made(folder: Path, count: int) -> str:
    """Write `count` files; the SHA-256 over their digests. The same every time."""
    if not CORPUS.is_file() or not PICTURES.is_dir():
        raise RuntimeError(f"The data are not at {SHARED / 'eval'}: see docs/detector/media.md.")
    rng = random.Random(_SEED)
    texts = [text for _, text in half(CORPUS, 0)]
    small, large = sorted(PICTURES.rglob("*.jpg")), sorted(PHOTOS.glob("*.jpg"))
    whole = hashlib.sha256()
    for number in range(count):
        if rng.random() < _SHARE_OF_TEXTS:
            text = texts[number % len(texts)]
            path = folder / f"{number:05}.txt"
            path.write_text(rng.choice(list(EDITS.values()))(text, rng) if rng.random() < 0.5 else text)
        else:
            chosen = large if large and number % _LARGE_EVERY == 0 else small
            path = folder / f"{number:05}.jpg"
            with Image.open(chosen[number % len(chosen)]) as image:
                picture = image.convert("RGB")
            if rng.random() < 0.5:
                picture = rng.choice(_EDITS)(picture, rng)
            picture.save(path, quality=rng.choice((60, 75, 90)))
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def _folder(folder: Path, digest: str) -> list[Figure]:
    """`./assay screen FOLDER --json` as people run it, and the memory it takes on the way."""
    count = sum(1 for _ in folder.iterdir())
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            [sys.executable, str(MANAGE), "screen", str(folder), "--json"],
            stdout=out,
            stderr=subprocess.DEVNULL,
        )
        with _watched(process.pid) as seen:
            code = process.wait()
        seconds = time.perf_counter() - begun
        out.seek(0)
        results = [json.loads(line) for line in out]
    if code or len(results) != count:
        raise RuntimeError(f"`screen` ended with {code} and {len(results)} of {count} results.")
    grouped = sum(each["campaign"] is not None for each in results)
    own, workers = [a for a, _ in seen], [b for _, b in seen]
    third = len(seen) // 3 or 1
    note = f"{count:,} files, {grouped:,} of them in groups; {cores()} cores; data {digest[:16]}"
    return [
        Figure("files screened, from start to last result", count / seconds, "files/s", note),
        Figure("seconds for all of them", seconds, "s"),
        Figure(
            "most memory of a worker process",
            max(workers),
            "MB",
            f"{max(workers[:third]):.0f} MB in the first third, {max(workers[-third:]):.0f} MB in the last",
        ),
        Figure("most memory of the command itself, its index included", max(own), "MB"),
    ]


@contextmanager
def _watched(pid: int) -> Iterator[list[tuple[float, float]]]:
    """Every half second: the process's own resident memory and its largest child's, in MB."""
    seen: list[tuple[float, float]] = [(0.0, 0.0)]
    stop = threading.Event()

    def watch() -> None:
        parent = psutil.Process(pid)
        while not stop.wait(0.5):
            try:
                children = [child.memory_info().rss / 1e6 for child in parent.children()]
                seen.append((parent.memory_info().rss / 1e6, max(children, default=0.0)))
            except psutil.Error:
                continue

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


def _beside_the_peer(paths: Sequence[Path]) -> list[Figure]:
    """All our fingerprints of these pictures, and imagehash's one, by turns; both with every core."""
    from detector.fingerprints.compute import Embedders
    from detector.fingerprints.copydet import ImageEmbedder
    from detector.printed import printed
    from detector.sources import ScreenItem

    workers = Workers()
    embedders = Embedders(image=ImageEmbedder(), workers=workers)
    embedders.warm()
    items = [ScreenItem(str(path), path=path) for path in paths]
    ours, theirs = [], []
    with ProcessPoolExecutor(workers.count, mp_context=get_context("spawn")) as pool:
        list(pool.map(_phash, paths[: workers.count]))
        for _ in range(3):
            begun = time.perf_counter()
            list(printed(items, embedders))
            ours.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            list(pool.map(_phash, paths, chunksize=8))
            theirs.append(time.perf_counter() - begun)
    workers.close()
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    note = f"{len(paths)} pictures; ours decodes in confined processes and computes every fingerprint"
    return [
        Figure("pictures read: time beside imagehash.phash", ratio, "×", note),
        Figure("pictures read: ours", len(paths) / statistics.median(ours), "files/s"),
        Figure("pictures read: imagehash.phash", len(paths) / statistics.median(theirs), "files/s"),
    ]


def _phash(path: Path) -> str:
    import imagehash

    with Image.open(path) as image:
        return str(imagehash.phash(image))


def _large_photo(folder: Path) -> list[Figure]:
    """A JPEG of 4000 x 3000 to all its fingerprints with this process and its worker on one core."""
    from detector.fingerprints.compute import Embedders, fingerprints
    from detector.fingerprints.copydet import ImageEmbedder
    from provenance.assets.asset import Medium

    path = folder / "large.jpg"
    source = next(iter(sorted(PHOTOS.glob("*.jpg"))), None) or next(PICTURES.rglob("*.jpg"))
    with Image.open(source) as image:
        image.convert("RGB").resize((4000, 3000), Image.Resampling.BICUBIC).save(path, quality=90)
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    workers = Workers(1)
    try:
        embedders = Embedders(image=ImageEmbedder(threads=1), workers=workers)
        embedders.warm()
        seconds = []
        for _ in range(_TURNS):
            begun = time.perf_counter()
            fingerprints(path, Medium.IMAGE, "0" * 64, embedders)
            seconds.append(time.perf_counter() - begun)
    finally:
        workers.close()
        os.sched_setaffinity(0, before)
    took = 1000 * statistics.median(seconds)
    word = "held" if took <= 60 else "MISSED"
    note = (
        f"median of {_TURNS}, hand-over included, fastest {1000 * min(seconds):.0f}; target ≤ 60 ms: {word}"
    )
    return [Figure("12-megapixel JPEG to its fingerprints, one core", took, "ms", note)]
