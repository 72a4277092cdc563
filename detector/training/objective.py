"""What is minimised: a contrastive loss with entropy regularisation (SSCD, Pizzi et al. 2022)."""

import torch
from torch import Tensor
from torch.nn import functional as F


def contrastive(
    vectors: Tensor, numbers: Tensor, memory: Tensor, memory_numbers: Tensor, temperature: float
) -> Tensor:
    """InfoNCE with several right answers: each row against each other view of its picture, all else wrong.

    `vectors` (n, d) of length one, `numbers` (n,) the pictures they show; `memory` (m, d) are vectors of
    earlier batches, only ever wrong answers (Wang et al. 2020), left out where they show the same picture.
    """
    logits = vectors @ vectors.T / temperature
    same = numbers[:, None] == numbers[None, :]
    itself = torch.eye(len(vectors), dtype=torch.bool)
    wrong = logits.masked_fill(same, float("-inf"))
    old = (vectors @ memory.T / temperature).masked_fill(
        numbers[:, None] == memory_numbers[None, :], float("-inf")
    )
    against = torch.logsumexp(torch.cat([wrong, old], dim=1), dim=1, keepdim=True)
    losses = torch.logaddexp(logits, against) - logits
    right = same & ~itself
    return losses[right].mean()


def crowding(vectors: Tensor, numbers: Tensor) -> Tensor:
    """KoLeo (Sablayrolles et al. 2019): minus the mean log distance to the nearest vector of another picture."""
    with torch.no_grad():
        near = vectors @ vectors.T
        near = near.masked_fill(numbers[:, None] == numbers[None, :], -2.0).argmax(1)
    distance = F.pairwise_distance(vectors, vectors[near], eps=1e-6)
    return -torch.log(distance + 1e-6).mean()
