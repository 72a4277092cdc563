"""Processes append and seal at once, on SQLite and on PostgreSQL: each key once, and no index moves."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stories.test_on_postgresql import ROOT, database, verb

__all__ = ["database"]
pytestmark = [pytest.mark.network, pytest.mark.slow]

PROCESSES, EACH, SHARED = 4, 40, 20

APPEND = """
import json, os, random, sys
from datetime import UTC, datetime
from hashlib import sha256
from django.conf import settings
from django.utils import timezone
from attest.flows.append import Entry, append_many
from attest.flows.seal import seal
from attest.log.leaf import Kind, Leaf, Opening
from service import wiring

me, each, shared = sys.argv_for_test
names = [f"own {me} {n}" for n in range(each)] + [f"shared {n}" for n in range(shared)]
random.Random(me).shuffle(names)
found, key = {}, wiring.log_key()
for at in range(0, len(names), 3):
    entries = []
    for name in names[at : at + 3]:
        opening = Opening.fresh({"file": sha256(name.encode()).hexdigest()})
        commitments, now = opening.commitments(), datetime.now(UTC)
        leaf = Leaf(Kind.ATTESTATION, now, source_type="human", commitments=commitments)
        entries.append(Entry(name, leaf, opening))
    for row in append_many(entries):
        found[row.key] = row.index
    if at % 9 == 0:
        seal(key, wiring.tile_store(), key.vkey.name, timezone.now())
print(json.dumps(found))
"""

AFTERWARDS = """
import json
from django.utils import timezone
from attest.flows.fsck import fsck
from attest.flows.seal import seal
from attest.models import LeafRow
from service import wiring
key = wiring.log_key()
seal(key, wiring.tile_store(), key.vkey.name, timezone.now())
rows = dict(LeafRow.objects.values_list("key", "index"))
print(json.dumps([rows, [each.code for each in fsck(wiring.tile_store(), key.vkey)]]))
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    url = request.getfixturevalue("database") if request.param == "postgresql" else ""
    (tmp_path / "data").mkdir(mode=0o700)
    return {
        "ASSAY_DATA_DIR": str(tmp_path / "data"),
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "service.settings.embedded",
    }


def start(environment: dict[str, str], worker: int) -> "subprocess.Popen[str]":
    script = f"import sys; sys.argv_for_test = ({worker}, {EACH}, {SHARED})\n{APPEND}"
    return subprocess.Popen(
        [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", script],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_processes_at_once_append_each_key_once_and_no_index_moves(environment: dict[str, str]) -> None:
    migrated = verb(environment, "migrate", "--verbosity", "0")
    assert migrated.returncode == 0, migrated.stderr
    workers = [start(environment, worker) for worker in range(PROCESSES)]
    answers = [worker.communicate(timeout=200) for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * PROCESSES, answers
    told = [json.loads(out.strip().splitlines()[-1]) for out, _ in answers]

    done = verb(environment, "shell", "--verbosity", "0", "-c", AFTERWARDS)
    assert done.returncode == 0, done.stderr
    rows, differences = json.loads(done.stdout.strip().splitlines()[-1])
    assert differences == []
    assert sorted(rows.values()) == list(range(PROCESSES * EACH + SHARED))
    for found in told:
        assert len(found) == EACH + SHARED
        assert all(rows[key] == index for key, index in found.items())
