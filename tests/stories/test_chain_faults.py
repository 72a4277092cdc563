"""Real processes around a real chain: killed in the middle of a broadcast, and four of them at once."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.anvil import PUBLIC, Anvil, anvil
from tests.postgresql import empty_database

ROOT = Path(__file__).resolve().parent.parent.parent

pytestmark = [pytest.mark.network, pytest.mark.slow]

ROUNDS = 5

# One round: a leaf, a checkpoint, and the way to the chain, killed at a point if `when` names one.
ROUND = """
import os, signal, sys
from attest.flows import outbox
from attest.flows.append import append
from attest.models import LogHead
from attest.registry.client import RegistryClient
from service import pipeline

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

when, name = {when!r}, {name!r}
send = RegistryClient.send

def before(self, raw):
    die()

def after(self, raw):
    send(self, raw)
    die()

if when == "before the broadcast":
    RegistryClient.send = before
elif when == "after the broadcast":
    RegistryClient.send = after
elif when == "after it was noted":
    outbox.refresh = die
append("policy", key=name, name="house", document="ab" * 32)
pipeline.seal()
pipeline.anchor()
"""

AT_ONCE = """
import os, pathlib, time
from attest.errors import AttestError
from attest.flows.append import append
from service import pipeline

gate = pathlib.Path({gate!r})
(gate / str(os.getpid())).touch()
while len(list(gate.iterdir())) < 4:
    time.sleep(0.005)
for number in range({rounds}):
    append("policy", key=str(os.getpid()) + "-" + str(number), name="house", document="ab" * 32)
    try:
        pipeline.seal()
        pipeline.anchor()
    except AttestError as error:
        if error.permanent:
            raise
"""

DEPLOY = """
from django.core.management import call_command
from attest.flows.append import append
from attest.registry.rpc import RpcEndpoint
from service import anchoring, pipeline, wiring
call_command("migrate", verbosity=0)
chain = wiring.chains()[0]
endpoint = RpcEndpoint(chain.rpc_url)
endpoint.call("anvil_setBalance", chain.key.address, hex(10**18))
endpoint.close()
anchoring.registry_on(chain)
append("policy", key="first", name="house", document="ab" * 32)
pipeline.seal()
"""

SETTLE_AND_TELL = """
import json
from attest.models import CheckpointAnchor, OutboxTransaction
from attest.registry import contract
from attest.registry.rpc import RpcEndpoint
from service import pipeline, wiring
chain = wiring.chains()[0]
endpoint = RpcEndpoint(chain.rpc_url)
for _ in range(2):
    pipeline.anchor()
    endpoint.call("anvil_mine", "0x4")
pipeline.anchor()
endpoint.close()
log = contract.log_id(chain.key.address, wiring.log_key().vkey.name)
rows = OutboxTransaction.objects.exclude(state="replaced").order_by("nonce")
print(json.dumps(dict(
    nonces=list(rows.values_list("nonce", flat=True)),
    states=sorted(set(rows.values_list("state", flat=True))),
    checkpoints=rows.filter(purpose="checkpoint").count(),
    replaced=OutboxTransaction.objects.filter(state="replaced").count(),
    anchors=sorted(CheckpointAnchor.objects.values_list("checkpoint__size", "state")),
    on_chain=chain.client.nonce(chain.key.address),
    size=chain.client.last(contract.deterministic_address(), log).size,
)))
"""


class House:
    """A data folder whose verbs are processes of their own."""

    def __init__(self, folder: Path, chain: Anvil, database: str) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")}
        self.chain = chain
        self.environment = clean | {
            "ASSAY_DATA_DIR": str(folder),
            "DATABASE_URL": database,
            "CHAIN_RPC_URL": chain.url,
            "CHAIN_ID": str(chain.chain_id),
            "DJANGO_SETTINGS_MODULE": "service.settings.embedded",
        }

    def script(self, code: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", code],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def done(self, code: str) -> str:
        process = self.script(code)
        out, errors = process.communicate(timeout=120)
        assert process.returncode == 0, out + errors
        return out

    def settled(self) -> dict[str, Any]:
        """Let everything reach the chain and finality; what is then in the database and on the chain."""
        found: dict[str, Any] = json.loads(self.done(SETTLE_AND_TELL).strip().splitlines()[-1])
        return found


@pytest.fixture
def public() -> Iterator[Anvil]:
    with anvil(PUBLIC) as chain:
        yield chain


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """SQLite in the data folder, and an empty database of our own on PostgreSQL where one answers."""
    if request.param == "sqlite":
        yield ""
        return
    with empty_database() as url:
        yield url


@pytest.fixture
def house(tmp_path: Path, public: Anvil, database: str) -> House:
    (tmp_path / "data").mkdir(mode=0o700)
    made = House(tmp_path / "data", public, database)
    made.done(DEPLOY)
    return made


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_killed_around_the_broadcast_there_is_one_anchor_and_no_nonce_twice(house: House) -> None:
    points = ("before the broadcast", "after the broadcast", "after it was noted")
    for size, when in enumerate(points, 2):
        victim = house.script(ROUND.format(when=when, name=when))
        out, errors = victim.communicate(timeout=120)
        assert victim.returncode == -signal.SIGKILL, out + errors
        found = house.settled()
        assert found["size"] == size, when
        assert found["checkpoints"] == size - 1, "no second transaction"
        assert found["anchors"][-1] == [size, "final"]
    assert found["nonces"] == list(range(5)), "deploy, register, and one a checkpoint"
    assert (found["on_chain"], found["replaced"], found["states"]) == (5, 0, ["final"])


def test_four_workers_anchoring_at_once_share_one_nonce_sequence_and_double_nothing(
    house: House, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    gate.mkdir()
    workers = [house.script(AT_ONCE.format(gate=str(gate), rounds=ROUNDS)) for _ in range(4)]
    for worker in workers:
        out, errors = worker.communicate(timeout=120)
        assert worker.returncode == 0, out + errors
    found = house.settled()
    sealed = found["size"]
    assert found["nonces"] == list(range(2 + found["checkpoints"])), "no gap, and none twice"
    assert (found["on_chain"], found["replaced"]) == (len(found["nonces"]), 0)
    assert [size for size, _ in found["anchors"]] == sorted({size for size, _ in found["anchors"]})
    assert found["anchors"][-1] == [sealed, "final"]
    assert found["checkpoints"] == len(found["anchors"]), "one transaction an anchor"
    assert 1 < found["checkpoints"] <= sealed == 1 + 4 * ROUNDS
