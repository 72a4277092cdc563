"""What the pages and the API say of the wait for an anchor."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from attest.models import Deployment
from service import pipeline, waiting
from service.models import Job

URL = "http://127.0.0.1:1"


def on(chain_id: int) -> Deployment:
    return Deployment.objects.create(chain_id=chain_id, address="0x" + "1" * 40, log_id="0x" + "2" * 64)


@pytest.fixture
def configure(house: Path, settings: Any) -> Any:
    def apply(**changes: Any) -> None:
        settings.CONFIG = replace(settings.CONFIG, seal_seconds=1.0, anchor_seconds=5.0, **changes)

    return apply


def test_the_wait_follows_the_schedule_of_this_installation(configure: Any) -> None:
    configure(chain_rpc_url=URL)
    on(31337)
    found = waiting.expected(None)
    assert (found.logged, found.anchored, found.final) == (1.0, 6.0, 6.0)


def test_of_several_registries_the_chain_in_use_is_told_of(configure: Any) -> None:
    on(31337)
    on(1)
    configure(chain_rpc_url=f"{URL},{URL}/2", chain_ids=(1, 10))
    assert [each.chain_id for each in waiting.expected(None).chains] == [1]
    configure(chain_rpc_url=URL, chain_ids=())
    assert [each.chain_id for each in waiting.expected(None).chains] == [1], "the one deployed on last"


def test_a_chain_whose_round_failed_says_what_it_waits_for(configure: Any) -> None:
    configure(chain_rpc_url=f"{URL},{URL}/2", chain_ids=(1, 10))
    on(1)
    on(10)
    Job.objects.create(kind=pipeline.anchor_job(0))
    Job.objects.create(kind=pipeline.anchor_job(1), error_code="spend_ceiling_reached")
    one, ten = waiting.expected(None).chains
    assert (one.waits_for, ten.waits_for) == (None, "spend_ceiling_reached")
    assert ten.anchored is None
    assert waiting.expected(None).anchored == one.anchored


def test_asking_for_the_wait_loads_no_chain_library() -> None:
    script = "import django, sys; django.setup(); import service.waiting; print('eth_abi' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
