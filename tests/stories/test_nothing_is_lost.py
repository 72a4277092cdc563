"""kill -9 on any child or on the supervisor: every accepted submission ends attested exactly once."""

import contextlib
import random
import sqlite3
import time
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

pytestmark = [pytest.mark.network, pytest.mark.slow]
SUBMISSIONS = 12
ENDS = {"anchored", "refused", "failed", "held"}


def submit(instance: Any, key: str, number: int, photo: Path) -> str:
    """Upload until it is accepted: a client retries under its Idempotency-Key, as ours says to."""
    text = f"Item {number}: the ferry to island {number * 37} leaves at {number % 12} from pier {number}."
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": f"item-{number}"}
    url = f"{instance.url}/api/v1/attestations"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if number % 4:
                answer = httpx.post(
                    url, headers=headers, json={"text": text, "source_type": "human"}, timeout=20
                )
            else:
                files = {"file": (f"photo-{number}.jpg", photo.read_bytes(), "image/jpeg")}
                answer = httpx.post(
                    url, headers=headers, files=files, data={"source_type": "human"}, timeout=20
                )
            if answer.status_code == 202:
                return str(answer.json()["id"])
            assert answer.status_code >= 500, answer.text
        time.sleep(0.3)
    raise AssertionError(f"item {number} was never accepted")


def states(instance: Any, key: str, ids: list[str]) -> list[str]:
    url = f"{instance.url}/api/v1/attestations"
    headers = {"Authorization": f"Bearer {key}"}
    return [str(httpx.get(f"{url}/{one}", headers=headers, timeout=20).json().get("state")) for one in ids]


def test_every_accepted_submission_ends_attested_once_however_often_processes_are_killed(
    instance: Any, photo: Path
) -> None:
    dice = random.Random(20261123)
    instance.start()
    key = instance.key("attest")
    ids: list[str] = []
    for number in range(SUBMISSIONS):
        ids.append(submit(instance, key, number, photo))
        if number in (2, 5, 8):
            time.sleep(dice.uniform(0, 0.8))
            victims = [child for child in instance.children() if child.is_running()]
            with contextlib.suppress(psutil.NoSuchProcess):
                dice.choice(victims).kill()
        if number == 10:
            instance.kill()
            instance.start()

    deadline = time.monotonic() + 150
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError, ValueError):
            if set(states(instance, key, ids)) <= ENDS:
                break
        time.sleep(1)
    assert states(instance, key, ids) == ["anchored"] * SUBMISSIONS, instance.log.read_text()[-4000:]

    assert instance.stop() == 0
    rows = sqlite3.connect(instance.data / "assay.sqlite3")
    leaves = rows.execute(
        "select key, count(*) from attest_leafrow where kind = 'attestation' group by key"
    ).fetchall()
    assert sorted(leaves) == sorted((f"attestation:{one}", 1) for one in ids)
    rows.close()
    audit = instance.verb("fsck")
    assert audit.returncode == 0, audit.stdout + audit.stderr
