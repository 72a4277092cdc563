"""What every test may count on: sockets stay shut unless a test says that it needs loopback."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no failure: how long an example takes to be made says nothing about the code.
settings.register_profile("assay", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("assay")

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


@pytest.fixture
def house(transactional_db: None, tmp_path: Path, settings: Any) -> Iterator[Path]:
    """An Assay of its own: empty tables, its own data folder, and backends made for it; yields the folder."""
    from service import wiring

    def forget() -> None:
        for made in vars(wiring).values():
            # The models are the same for every folder and slow to load.
            if hasattr(made, "cache_clear") and made is not wiring.embedders:
                made.cache_clear()

    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir(mode=0o700)
    forget()
    yield settings.DATA_DIR
    if wiring.inspector.cache_info().currsize:
        wiring.inspector().close()
    forget()


@pytest.fixture
def account(house: Path) -> Any:
    """Somebody who may attest."""
    from service.models import Account

    return Account.objects.create_user("newsroom", password="a long enough password")


@pytest.fixture(scope="session")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real photograph of about 100 KB (scikit-learn's china.jpg)."""
    import sklearn

    source = Path(sklearn.__file__).parent / "datasets" / "images" / "china.jpg"
    target = tmp_path_factory.mktemp("photo") / "china.jpg"
    target.write_bytes(source.read_bytes())
    return target
