"""Training the embedding: views, the loss, a run that can be taken up again, and the export."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from detector.fingerprints.copydet import SIDE, ImageEmbedder
from detector.training import run
from detector.training.edits import EDITS
from detector.training.export import LEAST_COSINE, export, least_cosine
from detector.training.network import DIMENSIONS, Network
from detector.training.objective import contrastive, crowding
from detector.training.pictures import HELD_OUT, Picture, Pictures, read
from detector.training.run import Recipe, averaged, rate_at, side_at, train
from detector.training.validate import validate
from detector.training.views import STRONG, Views, edited

RECIPE = Recipe(steps=4, batch=4, side=64, last_side=64, warming=2, cooling=0.5)


@pytest.fixture(scope="module")
def pictures() -> list[Picture]:
    """A dozen made-up pictures of different shapes: soft coloured blots."""
    rng = np.random.default_rng(9)
    made = []
    for number in range(12):
        small = rng.integers(0, 256, (5, 4 + number % 3, 3), dtype=np.uint8)
        made.append(
            np.asarray(Image.fromarray(small).resize((90 + 5 * number, 100), Image.Resampling.BICUBIC))
        )
    return made


def test_the_same_seed_and_step_give_the_same_pixels(pictures: list[Picture]) -> None:
    first, numbers = Views(pictures, 4, seed=5).batch(7, 64)
    again, same = Views(pictures, 4, seed=5).batch(7, 64)
    other, _ = Views(pictures, 4, seed=6).batch(7, 64)
    assert np.array_equal(first, again)
    assert np.array_equal(numbers, same)
    assert not np.array_equal(first, other)


def test_a_batch_shows_each_picture_plain_and_edited_and_an_epoch_shows_all(pictures: list[Picture]) -> None:
    views = Views(pictures, 4, seed=1)
    pixels, numbers = views.batch(0, 64)
    assert pixels.shape == (4 * (1 + STRONG), 64, 64, 3)
    assert all((numbers == number).sum() == 1 + STRONG for number in set(numbers.tolist()))
    seen = {n for step in range(views.steps_an_epoch) for n in views.batch(step, 64)[1].tolist()}
    assert seen == set(range(12))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), height=st.integers(9, 60), width=st.integers(9, 60))
def test_every_edited_copy_is_a_picture(pictures: list[Picture], seed: int, height: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    original = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    copy = edited(original, rng, pictures[:3])
    assert copy.dtype == np.uint8
    assert copy.ndim == 3
    assert copy.shape[2] == 3
    assert min(copy.shape[:2]) > 0


@pytest.mark.parametrize("name", EDITS)
def test_every_named_edit_gives_the_same_changed_picture_each_time(
    name: str, pictures: list[Picture]
) -> None:
    copy = EDITS[name](pictures[0], pictures[1:4])
    assert copy.dtype == np.uint8
    assert copy.shape[2] == 3
    assert np.array_equal(copy, EDITS[name](pictures[0], pictures[1:4]))
    assert copy.shape != pictures[0].shape or not np.array_equal(copy, pictures[0])


def test_the_loss_falls_when_views_of_one_picture_meet_and_rises_when_others_do() -> None:
    numbers = torch.tensor([0, 1, 0, 1])
    apart = torch.eye(4)
    together = torch.eye(4)[numbers]
    crossed = torch.eye(4)[torch.tensor([0, 1, 1, 0])]
    losses = [float(contrastive(vectors, numbers, 0.1)) for vectors in (together, apart, crossed)]
    assert losses == sorted(losses)
    assert losses[0] < 0.01


def test_crowding_counts_other_pictures_alone() -> None:
    spread, crowded = (
        torch.eye(4),
        torch.nn.functional.normalize(torch.ones(4, 4) + 0.1 * torch.eye(4), dim=1),
    )
    numbers = torch.arange(4)
    assert float(crowding(crowded, numbers)) > float(crowding(spread, numbers))
    pairs = torch.tensor([0, 0, 1, 1])
    met = torch.eye(4)[pairs]
    assert float(crowding(met, pairs)) == pytest.approx(-np.log(np.sqrt(2)), abs=1e-3)


def test_the_rate_rises_holds_and_falls_and_the_side_grows_last() -> None:
    recipe = Recipe()
    rates = [rate_at(step, recipe) for step in range(recipe.steps)]
    assert rates[0] < rates[recipe.warming] == max(rates)
    assert rates[-1] < 0.01 * max(rates)
    assert side_at(0, recipe) == recipe.side
    assert side_at(recipe.steps - 1, recipe) == recipe.last_side


def test_a_run_cut_short_goes_on_to_the_same_weights(
    pictures: list[Picture], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_pictures = Pictures(pictures, [], "")
    whole = train(given_pictures, RECIPE, tmp_path / "whole", threads=1)
    step = run._step

    def cut(state: run.State, *rest: Any) -> tuple[float, float]:
        if state.step == 2:
            raise KeyboardInterrupt
        return step(state, *rest)

    monkeypatch.setattr(run, "_step", cut)
    with pytest.raises(KeyboardInterrupt):
        train(given_pictures, RECIPE, tmp_path / "cut", threads=1, every=0)
    monkeypatch.setattr(run, "_step", step)
    train(given_pictures, RECIPE, tmp_path / "cut", threads=1)
    resumed = averaged(tmp_path / "cut" / "checkpoint.pt")
    for a, b in zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_training_makes_views_of_one_picture_meet(pictures: list[Picture], tmp_path: Path) -> None:
    recipe = replace(RECIPE, steps=25, rate=3e-3)
    views = Views(pictures, 8, seed=77)
    pixels, numbers = (torch.from_numpy(part) for part in views.batch(0, 64))
    losses = []
    for network in (Network(), train(Pictures(pictures, [], ""), recipe, tmp_path, threads=1)):
        with torch.inference_mode():
            losses.append(float(contrastive(network.train()(pixels), numbers, 0.1)))
    assert losses[1] < losses[0]


def test_the_export_gives_torchs_vectors_and_says_nothing_of_the_machine(tmp_path: Path) -> None:
    torch.manual_seed(4)
    network = Network().eval()
    path = tmp_path / "model.onnx"
    digest = export(network, path, SIDE)
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    squares = np.random.default_rng(0).integers(0, 256, (5, SIDE, SIDE, 3), dtype=np.uint8)
    assert least_cosine(network, path, squares) >= LEAST_COSINE
    assert ImageEmbedder(weights=path).embed([squares[0]]).shape == (1, DIMENSIONS)
    assert str(Path.cwd()).encode() not in path.read_bytes()


def test_validation_finds_copies_with_the_shipped_weights(
    pictures: list[Picture], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "detector.training.validate.EDITS", {name: EDITS[name] for name in ("JPEG 40", "grey")}
    )
    result = validate(ImageEmbedder(threads=1), Pictures(pictures[4:], pictures[:4], ""))
    assert result.gallery == 12
    assert set(result.by_edit) == {"JPEG 40", "grey"}
    assert result.by_edit["JPEG 40"].first == 1.0
    assert 0 <= result.mean.first <= result.mean.among_ten <= 1


def test_held_out_categories_are_never_trained_on(tmp_path: Path) -> None:
    for number, category in enumerate(["ant", HELD_OUT[0]]):
        folder = tmp_path / "eval" / "images" / "train" / category
        folder.mkdir(parents=True)
        Image.new("RGB", (400, 300), (number * 200, 0, 0)).save(folder / "1.jpg")
    found = read(tmp_path)
    assert [picture[0, 0, 0] < 100 for picture in found.train] == [True]
    assert [picture[0, 0, 0] > 100 for picture in found.held_out] == [True]
    assert max(found.train[0].shape) == 224
    assert found.digest == read(tmp_path).digest


def test_no_pictures_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no pictures"):
        read(tmp_path)
