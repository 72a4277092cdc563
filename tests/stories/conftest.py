"""What a story starts from."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.chromium import chromium
from tests.endurance.instance import ROOT, Instance


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests of a file."""
    with chromium() as running:
        yield running


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    """An Assay that is not started yet; stopped at the end whatever happened."""
    if not (ROOT / "node_modules").is_dir():
        pytest.skip("the embedded chain needs node_modules (./assay makes it)")
    made = Instance(tmp_path / "data")
    yield made
    with suppress(Exception):
        made.stop()
    with suppress(Exception):
        made.kill()
    shutil.rmtree(tmp_path / "data", ignore_errors=True)
