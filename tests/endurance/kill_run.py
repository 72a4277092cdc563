"""kill -9 at random moments on web, worker and chain while attestations go through; then count.

    .venv/bin/python -m tests.endurance.kill_run --kills 50 --attestations 500

Clients repeat a request under its Idempotency-Key until it is accepted, as ours do. Afterwards every one must
be attested once, none lost and none twice, and `fsck` must find nothing. Exit 0 only then.
"""

import argparse
import contextlib
import json
import random
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

import httpx
import numpy as np
import psutil
from PIL import Image

from tests.endurance.instance import Instance

ROLES = ("web", "worker", "chain")
CLIENTS = 4
ACCEPT_SECONDS = 300.0
END_SECONDS = 900.0
EVERY_PICTURE = 10
_ENDS = ("anchored", "held", "refused", "failed")


@dataclass(slots=True)
class Outcome:
    """What was asked, what was killed, and what became of it. `kills` counts by what was killed."""

    attestations: int
    seed: int
    kills: dict[str, int] = field(default_factory=dict)
    anchored: int = 0
    other_ends: dict[str, int] = field(default_factory=dict)
    leaves: int = 0
    lost: int = 0
    double: int = 0
    clean_stop: bool = False
    fsck: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def flawless(self) -> bool:
        """Each attested once and nothing else, and an audit that agrees."""
        once = self.anchored == self.leaves == self.attestations
        return once and not self.lost and not self.double and self.clean_stop and not self.fsck


def run(
    instance: Instance, *, kills: int, attestations: int, seed: int, roles: Sequence[str] = ROLES
) -> Outcome:
    """Do the whole run on a fresh `instance`, which is stopped afterwards.

    Each of `roles` is killed about as often as any other; `supervisor` takes the others with it, and is
    started again as a person would.
    """
    outcome, began = Outcome(attestations, seed), time.monotonic()
    instance.start()
    key = instance.key("attest")
    killer = threading.Thread(target=_kill, args=(instance, outcome, roles, kills, seed), daemon=True)
    killer.start()
    with ThreadPoolExecutor(CLIENTS) as clients:
        ids = list(clients.map(lambda number: _submit(instance, key, number), range(attestations)))
    killer.join(END_SECONDS)
    _wait_for_ends(instance, attestations)
    # While it runs, since the chain can be asked then; and once more when nothing moves any longer.
    outcome.fsck = _audit(instance)
    outcome.clean_stop = instance.stop() == 0
    outcome.fsck += _audit(instance)
    _count(instance, ids, outcome)
    outcome.seconds = round(time.monotonic() - began, 1)
    return outcome


def _audit(instance: Instance) -> list[str]:
    """What `fsck` finds; a line that says so where it could not end well."""
    done = instance.verb("fsck", "--json", seconds=600)
    found = done.stdout.splitlines()
    return found or ([f"fsck ended with {done.returncode}: {done.stderr[-2000:]}"] if done.returncode else [])


def _picture(number: int) -> bytes:
    """A small JPEG that resembles no other: big blocks of random colour."""
    blocks = np.random.default_rng(number).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    with tempfile.TemporaryFile() as file:
        Image.fromarray(blocks).resize((288, 288), Image.Resampling.BICUBIC).save(file, "JPEG", quality=90)
        file.seek(0)
        return file.read()


def _text(number: int) -> str:
    """A sentence that resembles no other: words drawn by its number."""
    dice = random.Random(number)
    words = ["".join(dice.choices("abcdefghijklmnoprstuvwz", k=dice.randint(4, 9))) for _ in range(24)]
    return f"Item {number}: {' '.join(words)}."


def _submit(instance: Instance, key: str, number: int) -> str:
    """Ask until it is accepted; the attestation's id."""
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": f"item-{number}"}
    url = f"{instance.url}/api/v1/attestations"
    deadline = time.monotonic() + ACCEPT_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if number % EVERY_PICTURE:
                body = {"text": _text(number), "source_type": "human"}
                answer = httpx.post(url, headers=headers, json=body, timeout=30)
            else:
                files = {"file": (f"picture-{number}.jpg", _picture(number), "image/jpeg")}
                answer = httpx.post(
                    url, headers=headers, files=files, data={"source_type": "human"}, timeout=30
                )
            if answer.status_code == 202:
                return str(answer.json()["id"])
            if answer.status_code < 500 and answer.status_code != 429:
                raise AssertionError(f"item {number}: {answer.text}")
        time.sleep(0.3)
    raise AssertionError(f"item {number} was never accepted")


def _asked(instance: Instance, question: str) -> list[tuple[object, ...]]:
    """Rows of the instance's own database, read from beside it."""
    with contextlib.closing(
        sqlite3.connect(f"file:{instance.data}/assay.sqlite3?mode=ro", uri=True, timeout=30)
    ) as rows:
        return rows.execute(question).fetchall()


def _progress(instance: Instance) -> int:
    with contextlib.suppress(sqlite3.Error):
        return int(str(_asked(instance, "select count(*) from attest_leafrow")[0][0]))
    return 0


def _kill(instance: Instance, outcome: Outcome, roles: Sequence[str], kills: int, seed: int) -> None:
    """Spread the kills over the run: each waits for its share of leaves, and then a random while."""
    dice = random.Random(seed)
    done: Counter[str] = Counter()
    order = [roles[number % len(roles)] for number in range(kills)]
    dice.shuffle(order)
    for number, role in enumerate(order):
        due = outcome.attestations * number // kills
        while _progress(instance) < due:
            time.sleep(0.1)
        time.sleep(dice.uniform(0, 1.5))
        if role == "supervisor":
            instance.kill()
            instance.start()
        else:
            while not instance.kill_child(role):
                time.sleep(0.1)
        done[role] += 1
        outcome.kills = dict(done)


def _wait_for_ends(instance: Instance, attestations: int) -> None:
    ends = ", ".join(f"'{state}'" for state in _ENDS)
    deadline = time.monotonic() + END_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(sqlite3.Error):
            found = _asked(instance, f"select count(*) from service_submission where state in ({ends})")
            if found[0][0] == attestations:
                return
        time.sleep(1)


def _count(instance: Instance, ids: Sequence[str], outcome: Outcome) -> None:
    states: Counter[str] = Counter()
    for state, count in _asked(instance, "select state, count(*) from service_submission group by state"):
        states[str(state)] = int(str(count))
    outcome.anchored = states.pop("anchored", 0)
    outcome.other_ends = dict(states)
    keys = Counter(
        str(key) for (key,) in _asked(instance, "select key from attest_leafrow where kind = 'attestation'")
    )
    wanted = {f"attestation:{one}" for one in ids}
    outcome.leaves = sum(keys.values())
    outcome.lost = len(wanted - set(keys))
    outcome.double = (
        sum(count - 1 for count in keys.values()) + len(set(keys) - wanted) + (len(ids) - len(set(ids)))
    )


def main() -> int:
    """Run it in a folder of its own and print the outcome as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--attestations", type=int, default=500)
    parser.add_argument("--seed", type=int, default=20261124)
    parser.add_argument("--keep", type=Path, help="use this empty folder and leave it there")
    given = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = given.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        instance = Instance(folder / "data")
        try:
            outcome = run(instance, kills=given.kills, attestations=given.attestations, seed=given.seed)
        finally:
            with contextlib.suppress(psutil.Error, AssertionError, OSError):
                instance.kill()
    print(json.dumps(asdict(outcome) | {"flawless": outcome.flawless}, indent=2))
    return 0 if outcome.flawless else 1


if __name__ == "__main__":
    sys.exit(main())
