"""Random numbers, one for each image of a batch."""

from __future__ import annotations

import torch
from torch import Generator, Tensor


def uniform(images: Tensor, low: float, high: float, generator: Generator) -> Tensor:
    """A number of low…high for each image of [N, ...], [N, 1, 1, 1]."""
    return low + (high - low) * torch.rand(len(images), 1, 1, 1, generator=generator)


def some(images: Tensor, share: float, generator: Generator) -> Tensor:
    """True for about this share of the images of [N, ...], bool [N, 1, 1, 1]."""
    return torch.rand(len(images), 1, 1, 1, generator=generator) < share
