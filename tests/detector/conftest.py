"""What the detector's tests share: one model for all, and a photograph that scikit-learn ships."""

from pathlib import Path

import pytest
from PIL import Image

from detector.fingerprints.compute import Embedders
from detector.fingerprints.minilm import SentenceEmbedder

SHARED = Path(__file__).resolve().parents[3] / "shared"


@pytest.fixture(scope="session")
def embedders() -> Embedders:
    found = Embedders(text=SentenceEmbedder(threads=2))
    found.warm()
    return found


@pytest.fixture(scope="session")
def without_model() -> Embedders:
    return Embedders(text=None)


@pytest.fixture(scope="session")
def photos() -> dict[str, Image.Image]:
    """Two CC BY photographs, from scikit-learn."""
    import sklearn.datasets

    folder = Path(sklearn.datasets.__file__).parent / "images"
    return {name: Image.open(folder / f"{name}.jpg").convert("RGB") for name in ("china", "flower")}


@pytest.fixture(scope="session")
def sample_photos() -> list[Path]:
    folder = SHARED / "samples" / "photos"
    if not folder.is_dir():
        pytest.skip(f"no sample photographs at {folder}")
    return sorted(folder.glob("*.jpg"))
