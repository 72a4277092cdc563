"""What is minimised: a contrastive loss with entropy regularisation (SSCD, Pizzi et al. 2022)."""

import torch
from torch import Tensor
from torch.nn.functional import pairwise_distance


def contrastive(vectors: Tensor, numbers: Tensor, temperature: float) -> Tensor:
    """InfoNCE with several right answers: each row against each other view of its picture, all else wrong.

    `vectors` (n, d) of length one, `numbers` (n,) the pictures they show.
    """
    logits = vectors @ vectors.T / temperature
    same = numbers[:, None] == numbers[None, :]
    itself = torch.eye(len(vectors), dtype=torch.bool)
    against = torch.logsumexp(logits.masked_fill(same, float("-inf")), dim=1, keepdim=True)
    losses = torch.logaddexp(logits, against) - logits
    return losses[same & ~itself].mean()


def crowding(vectors: Tensor, numbers: Tensor) -> Tensor:
    """KoLeo (Sablayrolles et al. 2019): minus the mean log distance to another picture's nearest vector."""
    with torch.no_grad():
        near = vectors @ vectors.T
        near = near.masked_fill(numbers[:, None] == numbers[None, :], -2.0).argmax(1)
    distance = pairwise_distance(vectors, vectors[near], eps=1e-6)
    return -torch.log(distance + 1e-6).mean()
