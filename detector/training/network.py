"""The network: a small residual net with full 3 × 3 convolutions, which CPUs run best, and GeM pooling."""

from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

DIMENSIONS = 192
_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)


class GeneralisedMean(nn.Module):
    """GeM (Radenović et al. 2018): the p-mean over places, p learnt; (n, c, h, w) → (n, c)."""

    def __init__(self, p: float = 3.0) -> None:
        super().__init__()
        self.p = nn.Parameter(torch.tensor(p))

    def forward(self, x: Tensor) -> Tensor:
        """(n, c, h, w) → (n, c)."""
        p = self.p.clamp(1.0, 8.0)
        return x.clamp(min=1e-4).pow(p).mean((2, 3)).pow(1 / p)


class Block(nn.Module):
    """Two 3 × 3 convolutions and a way around them; stride 2 averages on the way round (ResNet-D)."""

    def __init__(self, inner: int, outer: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            _convolution(inner, outer, 3, stride),
            nn.ReLU(inplace=True),
            _convolution(outer, outer, 3, 1),
        )
        around: list[nn.Module] = [nn.AvgPool2d(2, ceil_mode=True)] if stride == 2 else []
        if stride != 1 or inner != outer:
            around.append(_convolution(inner, outer, 1, 1))
        self.around = nn.Sequential(*around)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inner, h, w) → (n, outer, h / stride, w / stride)."""
        return torch.relu(self.body(x) + self.around(x))


class Network(nn.Module):
    """uint8 RGB (n, side, side, 3) → float32 (n, DIMENSIONS), each row of length one. Any side from 64."""

    mean: Tensor
    scale: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", 255 * torch.tensor(_MEAN).view(1, 3, 1, 1))
        self.register_buffer("scale", 1 / (255 * torch.tensor(_DEVIATION)).view(1, 3, 1, 1))
        self.fine = nn.Sequential(
            _convolution(3, 24, 3, 2),
            nn.ReLU(inplace=True),
            _convolution(24, 40, 3, 2),
            nn.ReLU(inplace=True),
            Block(40, 72, 2),
            Block(72, 72, 1),
            Block(72, 144, 2),
            Block(144, 144, 1),
        )
        self.coarse = nn.Sequential(Block(144, 272, 2))
        self.pool_fine = GeneralisedMean()
        self.pool_coarse = GeneralisedMean()
        self.head = nn.Linear(144 + 272, DIMENSIONS)

    def forward(self, pixels: Tensor) -> Tensor:
        """See the class."""
        x = (pixels.permute(0, 3, 1, 2).float() - self.mean) * self.scale
        fine = self.fine(x)
        coarse = self.coarse(fine)
        pooled = torch.cat([self.pool_fine(fine), self.pool_coarse(coarse)], dim=1)
        return nn.functional.normalize(cast(Tensor, self.head(pooled)), dim=1)


def vectors(network: Network, squares: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What the network, in eval(), gives in torch for pictures (n, side, side, 3): (n, DIMENSIONS)."""
    with torch.inference_mode():
        return np.asarray(network(torch.from_numpy(squares)).numpy(), dtype=np.float32)


def _convolution(inner: int, outer: int, size: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inner, outer, size, stride, size // 2, bias=False), nn.BatchNorm2d(outer))
