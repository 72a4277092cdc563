"""The same story on PostgreSQL: only a variable changes."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgresql import empty_database

ROOT = Path(__file__).resolve().parent.parent.parent

pytestmark = [pytest.mark.network, pytest.mark.slow]


@pytest.fixture
def database() -> Iterator[str]:
    """The URL of an empty database of our own."""
    with empty_database() as url:
        yield url


def verb(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_a_photo_is_attested_on_postgresql_and_verified_without_it(
    database: str, tmp_path: Path, photo: Path
) -> None:
    environment = {
        "ASSAY_DATA_DIR": str(tmp_path / "data"),
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "service.settings.embedded",
    }
    out = tmp_path / "out"
    done = verb(environment, "attest", str(photo), "--source-type", "human", "--out", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (tmp_path / "data" / "assay.sqlite3").exists()
    (proof,) = out.glob("*.assay.json")
    (signed,) = (file for file in out.iterdir() if file != proof)

    audit = verb(environment, "fsck")
    assert audit.returncode == 0, audit.stdout + audit.stderr

    alone = {"DJANGO_SETTINGS_MODULE": "service.settings.offline", "DATABASE_URL": ""}
    checked = verb(alone, "verify", str(signed), "--proof", str(proof))
    assert checked.returncode == 0, checked.stdout + checked.stderr


AT_ONCE = """
import json, threading
from django.db import connection
from service import pipeline
from service.intake import incoming_text
from service.models import Account, Submission

accounts = [Account.objects.create_user(name) for name in ("one", "two")]
together = threading.Barrier(2)

def bring(ids):
    together.wait()
    pipeline.advance(ids)
    connection.close()

outcomes = []
TEXTS = (
    "The museum by the harbour stays closed on Tuesday because of the storm.",
    "Four candidates have announced that they will run for mayor of the valley.",
    "A bakery in the old town sells bread made from acorns, as in the war.",
    "Physicists measured the weight of a neutrino more precisely than before.",
)
for text in TEXTS:
    ids = []
    for account in accounts:
        with incoming_text(text) as asset:
            ids.append(str(pipeline.submit(account, asset, pipeline.AttestRequest("human")).pk))
    threads = [threading.Thread(target=bring, args=(one,)) for one in ids]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    outcomes.append(sorted(Submission.objects.filter(pk__in=ids).values_list("state", flat=True)))
print(json.dumps(outcomes))
"""


def test_of_two_accounts_with_the_same_text_at_once_exactly_one_is_first(
    database: str, tmp_path: Path
) -> None:
    environment = {
        "ASSAY_DATA_DIR": str(tmp_path / "data"),
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "service.settings.embedded",
    }
    migrated = verb(environment, "migrate", "--verbosity", "0")
    assert migrated.returncode == 0, migrated.stderr
    done = verb(environment, "shell", "--verbosity", "0", "-c", AT_ONCE)
    assert done.returncode == 0, done.stderr
    outcomes = json.loads(done.stdout.strip().splitlines()[-1])
    assert outcomes == [["appended", "held"]] * 4, done.stderr
