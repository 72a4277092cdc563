"""What every test may count on: sockets stay shut unless a test says that it needs loopback."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # A marker that pytest-socket reads itself, since its hook must have run before the fixtures are set up.
    for item in items:
        if item.get_closest_marker("network") or item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1", "::1", "localhost"]))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of public vectors and samples; absent on a fresh clone."""
    if not SHARED.is_dir():
        pytest.skip("../shared (public vectors and samples) is not beside this checkout")
    return SHARED
