"""What a story starts from."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.endurance.instance import ROOT, Instance


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
