"""The training run: resumable, and the same for the same seed, number of threads and pictures."""

import logging
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from detector.training.network import Network
from detector.training.objective import contrastive, crowding
from detector.training.pictures import Pictures
from detector.training.views import Views

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the weights, besides the pictures and the number of threads."""

    steps: int = 1150
    batch: int = 64
    """Pictures a step; each is seen in three views."""
    seed: int = 1
    rate: float = 2e-3
    """Learning rate, held until `cooling` of the steps are left, then lowered in a straight line to 0."""
    warming: int = 100
    cooling: float = 0.3
    side: int = 96
    """Pixels a side, until the cooling."""
    last_side: int = 112
    decay: float = 0.03
    """AdamW's weight decay, of convolutions and the head."""
    temperature: float = 0.06
    entropy: float = 1.0
    """Weight of the entropy regularisation."""
    average: float = 0.997
    """Decay of the running average of the weights, which is what is kept."""


@dataclass
class State:
    """What a checkpoint holds."""

    network: Network
    averaged: Network
    optimiser: torch.optim.AdamW
    step: int = 0
    seconds: float = 0.0


class _Batches(Dataset[tuple[NDArray[np.uint8], NDArray[np.int64]]]):
    def __init__(self, views: Views, recipe: Recipe) -> None:
        self.views = views
        self.recipe = recipe

    def __len__(self) -> int:
        return self.recipe.steps

    def __getitem__(self, step: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        return self.views.batch(step, side_at(step, self.recipe))


def train(pictures: Pictures, recipe: Recipe, folder: Path, threads: int, every: float = 180) -> Network:
    """Train to the recipe's last step and return the averaged network.

    `folder` gets `checkpoint.pt` every `every` seconds; a run that finds one there goes on from it. A recipe
    that differs in `steps` alone may go on from it too, as long as neither has begun to cool.
    """
    torch.manual_seed(recipe.seed)
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]  # slow
    state = _begin(recipe)
    saved = folder / "checkpoint.pt"
    if saved.exists():
        _resume(state, saved)
        logger.info("going on from step %d", state.step)
    last = time.monotonic()
    for pixels, numbers in _loaded(Views(pictures.train, recipe.batch, recipe.seed), recipe, state.step):
        loss, spread = _step(state, recipe, pixels, numbers)
        state.step += 1
        if state.step % 10 == 0:
            spent = time.monotonic() - last + state.seconds
            logger.info("step %d loss %.3f koleo %.3f, %.0f s", state.step, loss, spread, spent)
        if time.monotonic() - last > every or state.step == recipe.steps:
            state.seconds += time.monotonic() - last
            last = time.monotonic()
            _save(state, recipe, saved)
    return state.averaged.eval()


def averaged(saved: Path) -> Network:
    """The averaged network out of a checkpoint."""
    network = Network()
    network.load_state_dict(torch.load(saved, weights_only=True)["averaged"])
    return network.eval()


def side_at(step: int, recipe: Recipe) -> int:
    """Pixels a side at a step."""
    return recipe.side if step < recipe.steps * (1 - recipe.cooling) else recipe.last_side


def rate_at(step: int, recipe: Recipe) -> float:
    """Learning rate at a step: up, level, down."""
    left = (recipe.steps - step) / (recipe.steps * recipe.cooling)
    return recipe.rate * min(1.0, (step + 1) / recipe.warming, left)


def _step(state: State, recipe: Recipe, pixels: Tensor, numbers: Tensor) -> tuple[float, float]:
    for group in state.optimiser.param_groups:
        group["lr"] = rate_at(state.step, recipe)
    vectors = state.network(pixels)
    loss = contrastive(vectors, numbers, recipe.temperature)
    spread = crowding(vectors, numbers)
    state.optimiser.zero_grad(set_to_none=True)
    (loss + recipe.entropy * spread).backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(state.network.parameters(), 5.0)
    state.optimiser.step()
    share = min(recipe.average, (state.step + 1) / (state.step + 10))
    with torch.no_grad():
        for kept, new in zip(
            state.averaged.state_dict().values(), state.network.state_dict().values(), strict=True
        ):
            if kept.dtype.is_floating_point:
                kept.lerp_(new, 1 - share)
            else:
                kept.copy_(new)
    return loss.item(), spread.item()


def _loaded(views: Views, recipe: Recipe, step: int) -> Iterator[tuple[Tensor, Tensor]]:
    """The batches from `step` on, computed ahead by one other process."""
    batches: DataLoader[Any] = DataLoader(
        _Batches(views, recipe),
        batch_size=None,
        sampler=range(step, recipe.steps),
        num_workers=1,
        prefetch_factor=3,
    )
    yield from batches


def _begin(recipe: Recipe) -> State:
    network = Network()
    copy = Network()
    copy.load_state_dict(network.state_dict())
    weights = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    groups = [{"params": weights, "weight_decay": recipe.decay}, {"params": others, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=recipe.rate)
    return State(network, copy, optimiser)


def _save(state: State, recipe: Recipe, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "network": state.network.state_dict(),
        "averaged": state.averaged.state_dict(),
        "optimiser": state.optimiser.state_dict(),
        "step": state.step,
        "seconds": state.seconds,
        "recipe": asdict(recipe),
    }
    partial = path.with_suffix(".partial")
    torch.save(content, partial)
    partial.replace(path)


def _resume(state: State, path: Path) -> None:
    content = torch.load(path, weights_only=True)
    state.network.load_state_dict(content["network"])
    state.averaged.load_state_dict(content["averaged"])
    state.optimiser.load_state_dict(content["optimiser"])
    state.step = content["step"]
    state.seconds = content["seconds"]
