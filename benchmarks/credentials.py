"""Content credentials beside plain c2pa-python in one run: signing, inspecting, big files, memory.

`python -m benchmarks.credentials speed|big|memory FOLDER` is one part in a process of its own and prints
JSON: what one part leaves in memory must not be another's figure.

The contenders of a part take turns, each for a fraction of a second, and a ratio is the median over the
turns: a busy neighbour slows both sides of it. Every contender reads the same files and writes to the same
disk.
"""

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from itertools import cycle
from pathlib import Path
from typing import Any

from benchmarks import jpegs
from benchmarks.running import data_folder
from benchmarks.stages import PLAIN
from service.cli.figures import Figure
from service.settings.env import PROJECT

TITLE = "signing and inspecting beside plain c2pa-python, big files in a worker, memory over 10,000 files"
FILES = 32
TURNS = 15
TURN_SECONDS = 0.4
BIG_TURNS = 15
INSPECTIONS, SIGNINGS = 10_000, 10_000
_JPEG = "image/jpeg"
_IN_WORKER = ("21 MB: worker", "21 MB: main thread")
_PARTS = ("speed", "big", "memory")
_MEBIBYTE = 2**20

Call = Callable[[], object]
Rates = dict[str, list[float]]


def measure() -> list[Figure]:
    """All figures, the ratios that have a target first."""
    with data_folder() as folder:
        found = {part: _run(part, folder) for part in _PARTS}
    speed, big, memory = (found[part] for part in _PARTS)
    return [*_ratios(speed, big), *_slopes(memory), *_rates(speed), *_rates(big)]


def _run(part: str, folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.credentials", part, str(folder)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _ratios(speed: Rates, big: Rates) -> list[Figure]:
    return [
        _ratio("sign, against the SDK's default call", speed, "sign: ours", "sign: SDK defaults", 20.0),
        _ratio("sign, against the bare call", speed, "sign: ours", "sign: bare, file to file", 0.6),
        _ratio("inspect, against the bare Reader", speed, "inspect: ours", "inspect: bare, file", 0.8),
        _ratio(
            "21 MB in our worker, against the main thread", big, "21 MB: worker", "21 MB: main thread", 1.0
        ),
    ]


def _ratio(name: str, rates: Rates, ours: str, theirs: str, target: float) -> Figure:
    """The median over the turns of our rate over theirs in the same turn."""
    value = statistics.median(a / b for a, b in zip(rates[ours], rates[theirs], strict=True))
    word = "held" if value >= target else "MISSED"
    return Figure(name, value, "×", f"target ≥ {target:g} ×: {word}")


def _slopes(memory: Mapping[str, Any]) -> list[Figure]:
    """Growth between two marks, and over them all for each 1,000 files; flat is below 100 bytes a file."""
    figures = []
    for what, points in memory.items():
        (first, low), (last, high) = points[0], points[-1]
        each = (high - low) / (last - first)
        word = "held" if each < 100 else "MISSED"
        grown = f"{low / _MEBIBYTE:.1f} MiB after {first:,}, {high / _MEBIBYTE:.1f} MiB after {last:,}"
        figures.append(
            Figure(f"memory, {what}", each / 1024 * 1000, "KiB/1,000", f"{grown}; target flat: {word}")
        )
    return figures


def _rates(rates: Rates) -> list[Figure]:
    return [
        Figure(name, statistics.median(found), "files/s", _HOW.get(name, "")) for name, found in rates.items()
    ]


_HOW = {
    "sign: ours": "ManifestWriter.sign with a thumbnail (made before) and two soft bindings, file to file",
    "sign: SDK defaults": "Context(signer=…), its thumbnail and its reading back on, file to file",
    "sign: bare, file to file": "no thumbnail, not read back, one action",
    "sign: bare, in memory": "the same, bytes to bytes; no target",
    "inspect: ours": "Inspector.inspect: sandboxed, every axis, identity; file",
    "inspect: bare, file": "Reader and json() in this process, the same trust list",
    "inspect: bare, in memory": "the same from bytes; no target",
    "21 MB: thread": "Reader and json() in a second thread, as servers do; no target",
    "21 MB: main thread": "Reader and json()",
    "21 MB: worker": "Inspector.inspect",
}


def main(part: str, folder: Path) -> None:
    """Measure one part and print it."""
    parts: dict[str, Callable[[Path], Mapping[str, Any]]] = {"speed": _speed, "big": _big, "memory": _memory}
    print(json.dumps(parts[part](folder / part)))


def _race(contenders: Mapping[str, Call], turns: int, seconds: float = TURN_SECONDS) -> Rates:
    """Calls a second of each contender, turn by turn, each turn in another order."""
    for call in contenders.values():
        call()
    rates: Rates = {name: [] for name in contenders}
    names = list(contenders)
    for turn in range(turns):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            rates[name].append(_rate(contenders[name], seconds))
    return rates


def _rate(call: Call, seconds: float) -> float:
    done, begun = 0, time.perf_counter()
    while (took := time.perf_counter() - begun) < seconds:
        call()
        done += 1
    return done / took


class _Bench:
    """Keys, trust, a writer and an inspector of a throw-away folder, and plain c2pa-python beside them."""

    def __init__(self, folder: Path) -> None:
        from provenance import sdk
        from provenance.inspection.reader import Inspector
        from provenance.keys import devpki
        from provenance.keys.store import load_file_signer
        from provenance.manifests.writer import ManifestWriter
        from provenance.trust.lists import ListKind, TrustStore, parse_pem

        folder.mkdir(exist_ok=True)
        devpki.create(folder / "pki")
        self.folder, self.c2pa = folder, sdk.load()
        self.signer = load_file_signer(folder / "pki")
        root = (folder / "pki" / devpki.ROOT_FILE).read_bytes()
        self.trust = TrustStore((parse_pem("bench", ListKind.MANIFEST, root),))
        self.inspector = Inspector(self.trust)
        self.writer = ManifestWriter(self.signer, self.inspector)

    def signing_context(self, settings: Mapping[str, Any] | None = None) -> Any:
        """A context of the SDK's own, with our key; without `settings` it has the SDK's defaults."""
        c2pa, signer = self.c2pa, self.signer
        info = c2pa.C2paSignerInfo("es256", signer.chain_pem, signer.private_key_pem, None)
        chosen = None if settings is None else c2pa.Settings.from_json(json.dumps(settings))
        return c2pa.Context(chosen, c2pa.Signer.from_info(info))

    def reading_context(self) -> Any:
        """The context of a plain Reader that trusts the same list."""
        from provenance import sdk

        return sdk.context(sdk.base_settings(self.trust.anchors(), verify_after_sign=False))

    def declaration(self) -> Any:
        """What a photograph is signed with: a thumbnail and two soft bindings."""
        from provenance.manifests.manifest import Declaration, SoftBinding, SourceType

        return Declaration(
            SourceType.HUMAN,
            "A photograph",
            thumbnail=_thumbnail(self.folder),
            soft_bindings=(
                SoftBinding("io.iscc.v0", "ISCC:EEAWRGSVKPZFU5DZN6WJ5AC6TFBXG"),
                SoftBinding(
                    "org.assay.pdq", "f8f8f0cce0f4e84a0e370a22028f67f0b36e2ed596623e1d33e6b39c4e9c9b22"
                ),
            ),
        )

    def signed(self, files: list[Path]) -> list[Any]:
        """The files signed by us, as assets."""
        from provenance.assets.intake import from_path
        from provenance.assets.limits import Limits

        out = self.folder / "signed"
        out.mkdir(exist_ok=True)
        made = []
        for path in files:
            manifest = self.writer.sign(from_path(path, Limits()), self.declaration(), out, path.stem)
            made.append(from_path(manifest.signed_path, Limits()))
        return made


@contextmanager
def _bench(folder: Path) -> Iterator[_Bench]:
    place = _Bench(folder)
    try:
        yield place
    finally:
        place.inspector.close()


def _thumbnail(folder: Path) -> bytes:
    """A JPEG of 256 pixels, made from pixels as the service makes it."""
    from PIL import Image

    picture = Image.open(jpegs.make(folder / "thumbnail", 1, first_seed=900)[0])
    picture.thumbnail((256, 256))
    kept = BytesIO()
    picture.save(kept, "JPEG", quality=75)
    return kept.getvalue()


def _speed(folder: Path) -> Rates:
    with _bench(folder) as place:
        files = jpegs.make(folder / "files", FILES, quality=77)
        return {**_race(_signing(place, files), TURNS), **_race(_inspecting(place, files), TURNS)}


def _signing(place: _Bench, files: list[Path]) -> dict[str, Call]:
    """Ours, and the SDK's default, bare and in-memory calls with the least definition there is."""
    from provenance.assets.intake import from_path
    from provenance.assets.limits import Limits

    bare = place.signing_context(
        {
            "version": 1,
            "builder": {"thumbnail": {"enabled": False}},
            "verify": {"verify_after_sign": False},
        }
    )
    plain, default = json.dumps(PLAIN), place.signing_context()
    out, builder = place.folder / "out", place.c2pa.Builder
    out.mkdir()
    declaration = place.declaration()
    assets = cycle([from_path(path, Limits()) for path in files])
    paths, contents = cycle(files), cycle([path.read_bytes() for path in files])

    def file_to_file(context: Any) -> Call:
        def sign() -> None:
            with next(paths).open("rb") as source, (out / "theirs.jpg").open("w+b") as target:
                builder(plain, context=context).sign(_JPEG, source, target)

        return sign

    return {
        "sign: ours": lambda: place.writer.sign(next(assets), declaration, out, "ours"),
        "sign: SDK defaults": file_to_file(default),
        "sign: bare, file to file": file_to_file(bare),
        "sign: bare, in memory": lambda: builder(plain, context=bare).sign(
            _JPEG, BytesIO(next(contents)), BytesIO()
        ),
    }


def _inspecting(place: _Bench, files: list[Path]) -> dict[str, Call]:
    """Ours, and the SDK's Reader on the same signed files with the same trust list."""
    signed = place.signed(files)
    context, reader = place.reading_context(), place.c2pa.Reader
    assets, paths = cycle(signed), cycle([asset.path for asset in signed])
    contents = cycle([asset.path.read_bytes() for asset in signed])

    def from_file() -> None:
        with next(paths).open("rb") as file, reader(_JPEG, file, context=context) as read:
            read.json()

    def from_memory() -> None:
        with reader(_JPEG, BytesIO(next(contents)), context=context) as read:
            read.json()

    return {
        "inspect: ours": lambda: place.inspector.inspect(next(assets)),
        "inspect: bare, file": from_file,
        "inspect: bare, in memory": from_memory,
    }


def _big(folder: Path) -> Rates:
    """A 21 MB JPEG read in this process's main thread, in a second thread, and by the worker."""
    with _bench(folder) as place:
        signed = place.signed([_noise(folder / "big.jpg")])[0]
        context = place.reading_context()

        def read() -> None:
            with signed.path.open("rb") as file, place.c2pa.Reader(_JPEG, file, context=context) as reader:
                reader.json()

        def in_thread() -> None:
            thread = threading.Thread(target=read)
            thread.start()
            thread.join()

        contenders: dict[str, Call] = {
            "21 MB: main thread": read,
            "21 MB: thread": in_thread,
            "21 MB: worker": lambda: place.inspector.inspect(signed),
        }
        return _race(contenders, BIG_TURNS, seconds=0.3)


def _noise(path: Path) -> Path:
    import numpy as np
    from PIL import Image

    pixels = np.random.default_rng(21).integers(0, 255, (3700, 3700, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, quality=98)
    return path


def _memory(folder: Path) -> dict[str, list[tuple[int, int]]]:
    """Resident bytes after so many files: of this process, and of a worker that is never replaced."""
    from provenance.inspection.reader import Inspector
    from provenance.inspection.sandbox import ReaderLimits

    with _bench(folder) as place:
        files = jpegs.make(folder / "files", FILES, quality=77)
        signed = cycle(place.signed(files))
        marks: dict[str, list[tuple[int, int]]] = {}
        with Inspector(place.trust, ReaderLimits(files_per_worker=2 * INSPECTIONS)) as inspector:
            place.inspector.close()
            for done in range(1, INSPECTIONS + 1):
                inspector.inspect(next(signed))
                if done % 1_000 == 0:
                    ours, children = _resident()
                    marks.setdefault("inspecting, worker", []).append((done, children))
                    marks.setdefault("inspecting, parent", []).append((done, ours))
        out = folder / "out"
        out.mkdir()
        from provenance.assets.intake import from_path
        from provenance.assets.limits import Limits

        assets, declaration = cycle([from_path(path, Limits()) for path in files]), place.declaration()
        for done in range(1, SIGNINGS + 1):
            place.writer.sign(next(assets), declaration, out, "ours")
            if done % 1_000 == 0:
                marks.setdefault("signing", []).append((done, _resident()[0]))
        return marks


def _resident() -> tuple[int, int]:
    """Bytes of this process, and of its children together."""
    import psutil

    own = psutil.Process(os.getpid())
    return own.memory_info().rss, sum(child.memory_info().rss for child in own.children(recursive=True))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
