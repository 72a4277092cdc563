"""What every test may count on: sockets stay shut unless a test says that it needs loopback."""

from pathlib import Path

import pytest
from pytest_socket import enable_socket, socket_allow_hosts

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


@pytest.hookimpl(trylast=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("network") or item.get_closest_marker("browser"):
        enable_socket()
        socket_allow_hosts(["127.0.0.1", "::1", "localhost"])


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of public vectors and samples; absent on a fresh clone."""
    if not SHARED.is_dir():
        pytest.skip("../shared (public vectors and samples) is not beside this checkout")
    return SHARED
