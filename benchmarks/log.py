"""The log beside pymerkle in one run, durable appends on SQLite and PostgreSQL, and ten million leaves.

`python -m benchmarks.log memory|durable|large FOLDER` is one part in a process of its own and prints JSON.

pymerkle is GPLv3 and no dependency: it is fetched into the benchmark's temporary folder and into nothing
else. Contenders take turns on the same leaves, in processor time, and a ratio is the median over the turns.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.running import data_folder
from service.cli.figures import Figure
from service.settings.env import PROJECT

TITLE = "the log beside pymerkle, durable appends, proofs of ten million leaves"
PEER = ("pymerkle==7.0.0", "cachetools==7.2.1")
LEAVES, PROOFS, TURNS = 10_000, 2_000, 9
BATCH, BATCHES = 1_000, 10
LARGE, LARGE_PROOFS, LARGE_WARM = 10_000_000, 10_000, 2_000
_MEBIBYTE = 2**20

Work = Callable[[], object]


def measure() -> list[Figure]:
    """All figures, those that have a target first."""
    with data_folder() as folder:
        peer = folder / "peer"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(peer)]
        subprocess.run([*command, *PEER], check=True, capture_output=True)
        memory = _run("memory", folder, {"PYTHONPATH": str(peer)})
        durable = {"SQLite": _run("durable", folder, _database(folder, ""))}
        with _postgresql() as url:
            if url:
                durable["PostgreSQL"] = _run("durable", folder, _database(folder, url))
        large = _run("large", folder, {})
    return [*_beside(memory), *_durable(durable), *_large(large), *_rates(memory)]


def _run(part: str, folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.log", part, str(folder)]
    done = subprocess.run(
        command, cwd=PROJECT, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def _database(folder: Path, url: str) -> dict[str, str]:
    data = folder / ("postgresql" if url else "sqlite")
    data.mkdir(mode=0o700)
    return {
        "ASSAY_DATA_DIR": str(data),
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "service.settings.embedded",
    }


@contextmanager
def _postgresql() -> Iterator[str]:
    """The URL of an empty database on the server that the tests use, or an empty string without a server."""
    import psycopg

    server = os.environ.get("ASSAY_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
    try:
        connection = psycopg.connect(server, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError:
        yield ""
        return
    name = f"assay_bench_{uuid.uuid4().hex[:12]}"
    with connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{server.rsplit('/', 1)[0]}/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


_PAIRS = {
    "append, in memory, against pymerkle": ("append: ours", "append: pymerkle"),
    "seal 10,000 leaves, against pymerkle": ("seal: ours", "seal: pymerkle"),
    "prove inclusion, against pymerkle": ("prove: ours", "prove: pymerkle"),
    "verify many proofs of one checkpoint, against pymerkle": ("verify many: ours", "verify: pymerkle"),
    "verify one proof by itself, against pymerkle": ("verify one: ours", "verify: pymerkle"),
}
_FLOOR = "; the hashing alone allows {:.1f} ×"


def _beside(rates: dict[str, list[float]]) -> Iterator[Figure]:
    for name, (ours, theirs) in _PAIRS.items():
        value = _ratio(rates, ours, theirs)
        note = f"target ≥ 5 ×: {'held' if value >= 5 else 'MISSED'}"
        if ours == "verify one: ours":
            note += _FLOOR.format(_ratio(rates, "verify: bare hashing", theirs))
        yield Figure(name, value, "×", note)


def _ratio(rates: dict[str, list[float]], ours: str, theirs: str) -> float:
    return statistics.median(a / b for a, b in zip(rates[ours], rates[theirs], strict=True))


def _durable(found: dict[str, dict[str, Any]]) -> Iterator[Figure]:
    for name, each in found.items():
        word = "held" if each["appends"] >= 2_000 else "MISSED"
        how = f"append_many in batches of {BATCH:,}, five digests a leaf, each batch committed and flushed"
        yield Figure(
            f"durable appends, {name}", each["appends"], "leaves/s", f"{how}; target ≥ 2,000: {word}"
        )
        how = "every leaf read back and hashed, tiles and checkpoint written and flushed, consistency checked"
        yield Figure(f"seal 10,000 leaves, {name}", each["seal"], "s", how)


def _large(found: dict[str, Any]) -> Iterator[Figure]:
    how = f"{LARGE_PROOFS:,} random leaves, from hash tiles on disk; each proof was verified"
    named = {
        "median": how,
        "mean": "the clock's time, with whatever else the machine did",
        "processor": "the mean again, of this process's own time",
    }
    for name, note in named.items():
        word = "held" if found[name] <= 1 else "MISSED"
        what = f"prove inclusion in 10 million leaves, {name}"
        yield Figure(what, found[name], "ms", f"target ≤ 1: {word}; {note}")
    yield Figure("the same, 99th percentile", found["p99"], "ms", "")
    first, last = found["memory"]
    grown = (last - first) / _MEBIBYTE
    word = "held" if grown < 8 else "MISSED"
    note = f"{first / _MEBIBYTE:.1f} MiB after {LARGE_WARM:,} proofs; target flat (< 8 MiB): {word}"
    yield Figure("memory that the other proofs added", max(grown, 0.0), "MiB", note)


_HOW = {
    "append: ours": "MemoryTree.extend, a batch; all that proofs need is kept",
    "append: pymerkle": "InmemoryTree(algorithm='sha256').append_entry, leaf by leaf, its only way",
    "seal: ours": "10,000 leaves and their root, as leaves",
    "prove: ours": "inclusion_proof over MemoryTree, 10,000 leaves",
    "prove: pymerkle": "prove_inclusion, 10,000 leaves",
    "verify one: ours": "verify_inclusion",
    "verify many: ours": "BulkVerifier, new each turn: what one proof has shown, the next need not hash",
    "verify: pymerkle": "verify_inclusion",
    "verify: bare hashing": "as many hashlib.sha256 of 65 bytes as a proof has steps, and nothing else",
}


def _rates(rates: dict[str, list[float]]) -> Iterator[Figure]:
    for name, found in rates.items():
        yield Figure(name, statistics.median(found), "leaves/s", _HOW.get(name, ""))


def main(part: str, folder: Path) -> None:
    """Measure one part and print it."""
    parts: dict[str, Callable[[Path], object]] = {
        "memory": _memory,
        "durable": _append,
        "large": _ten_million,
    }
    print(json.dumps(parts[part](folder)))


def _memory(_: Path) -> dict[str, list[float]]:
    import pymerkle

    from attest.log.memory import MemoryTree
    from attest.log.merkle import inclusion_proof, leaf_hash

    data = [f"leaf {each}".encode().ljust(300, b".") for each in range(LEAVES)]

    def theirs() -> Any:
        made = pymerkle.InmemoryTree(algorithm="sha256")
        for each in data:
            made.append_entry(each)
        return made

    peer, tree = theirs(), MemoryTree(map(leaf_hash, data))
    if peer.get_root() != tree.root():
        raise RuntimeError("the two trees differ")
    some = range(0, LEAVES, LEAVES // PROOFS)
    contenders: dict[str, tuple[int, Work]] = {
        "append: ours": (LEAVES, lambda: MemoryTree(map(leaf_hash, data))),
        "append: pymerkle": (LEAVES, theirs),
        "seal: ours": (LEAVES, lambda: MemoryTree(map(leaf_hash, data)).root()),
        "seal: pymerkle": (LEAVES, lambda: theirs().get_root()),
        "prove: ours": (PROOFS, lambda: [inclusion_proof(each, LEAVES, tree) for each in some]),
        "prove: pymerkle": (PROOFS, lambda: [peer.prove_inclusion(each + 1, LEAVES) for each in some]),
        **_verifying(peer, tree),
    }
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(TURNS):
        names = list(contenders)
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            count, work = contenders[name]
            # Processor time: nothing here waits, and a neighbour's work is not these contenders'.
            begun = time.process_time()
            work()
            rates[name].append(count / (time.process_time() - begun))
    return rates


def _verifying(peer: Any, tree: Any) -> dict[str, tuple[int, Work]]:
    import pymerkle

    from attest.log.bulk import BulkVerifier
    from attest.log.merkle import inclusion_proof, node_hash, verify_inclusion

    root, leaves = tree.root(), [tree(0, each) for each in range(LEAVES)]
    ours = [(each, leaves[each], inclusion_proof(each, LEAVES, tree)) for each in range(LEAVES)]
    theirs = [(leaves[each], peer.prove_inclusion(each + 1, LEAVES)) for each in range(LEAVES)]

    def many() -> None:
        verifier = BulkVerifier(LEAVES, root)
        for index, leaf, proof in ours:
            verifier.verify(index, leaf, proof)

    def one() -> None:
        for index, leaf, proof in ours:
            verify_inclusion(index, LEAVES, leaf, proof, root)

    def peers() -> None:
        for leaf, proof in theirs:
            pymerkle.verify_inclusion(leaf, root, proof)

    def hashing() -> None:
        for _, leaf, proof in ours:
            for sibling in proof:
                node_hash(leaf, sibling)

    return {
        "verify many: ours": (LEAVES, many),
        "verify one: ours": (LEAVES, one),
        "verify: pymerkle": (LEAVES, peers),
        "verify: bare hashing": (LEAVES, hashing),
    }


def _append(_: Path) -> dict[str, float]:
    """Leaves a second in committed batches, and the seconds that a seal over all of them takes."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from attest.flows.append import append_many
    from attest.flows.seal import seal
    from service import wiring

    call_command("migrate", verbosity=0)
    batches = [_entries(batch) for batch in range(BATCHES)]
    begun = time.perf_counter()
    for entries in batches:
        append_many(entries)
    appended = time.perf_counter()
    key, store = wiring.log_key(), wiring.tile_store()
    sealing = time.perf_counter()
    seal(key, store, key.vkey.name, timezone.now())
    done = time.perf_counter()
    return {"appends": BATCH * BATCHES / (appended - begun), "seal": done - sealing}


def _entries(batch: int) -> list[Any]:
    from datetime import UTC, datetime
    from hashlib import sha256

    from attest.flows.append import Entry
    from attest.log.leaf import ROLES, Kind, Leaf, Opening

    now, made = datetime.now(UTC), []
    for each in range(BATCH):
        name = f"{batch} {each}"
        opening = Opening.fresh({role: sha256(f"{role} {name}".encode()).hexdigest() for role in ROLES})
        leaf = Leaf(Kind.ATTESTATION, now, source_type="human", commitments=opening.commitments())
        made.append(Entry(name, leaf, opening))
    return made


def _ten_million(folder: Path) -> dict[str, Any]:
    """Milliseconds of proofs from tiles, and this process's memory after the first and after the last."""
    import psutil

    from attest.log.merkle import inclusion_proof, leaf_hash, range_at, verify_inclusion
    from attest.log.store import TileHashes, TileStore

    store = TileStore(folder / "large")
    _write_tiles(store)
    hashes, process = TileHashes(store, LARGE), psutil.Process()
    root, rng = range_at(LARGE, hashes).root(), random.Random(10)
    took, marks, processor = [], [], 0.0
    for number in range(LARGE_PROOFS):
        index = rng.randrange(LARGE)
        begun, worked = time.perf_counter(), time.process_time()
        proof = inclusion_proof(index, LARGE, hashes)
        processor += time.process_time() - worked
        took.append(1000 * (time.perf_counter() - begun))
        verify_inclusion(index, LARGE, leaf_hash(b"%d" % index), proof, root)
        if number + 1 in (LARGE_WARM, LARGE_PROOFS):
            marks.append(process.memory_info().rss)
    took.sort()
    return {
        "mean": statistics.fmean(took),
        "processor": 1000 * processor / LARGE_PROOFS,
        "median": statistics.median(took),
        "p99": took[int(len(took) * 0.99)],
        "memory": marks,
    }


def _write_tiles(store: Any) -> None:
    """Every hash tile of a log of ten million leaves; not flushed one by one as `TileStore.write` does."""
    from attest.log.merkle import leaf_hash, root_of
    from attest.log.tiles import TILE_WIDTH, encode_hashes, tile_path, tiles_of

    below: list[bytes] = []
    for level in range(4):
        above = []
        for index, width in tiles_of(LARGE, level):
            first = index * TILE_WIDTH
            if level == 0:
                hashes = [leaf_hash(b"%d" % each) for each in range(first, first + width)]
            else:
                hashes = below[first : first + width]
            path = store.root / tile_path(level, index, width)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encode_hashes(hashes))
            if width == TILE_WIDTH:
                above.append(root_of(hashes))
        below = above


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
