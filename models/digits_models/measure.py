"""What a network gets right, and how sure it may be of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from digits_models.splits import Part

#: Images per forward pass; small, since VGG-16 needs 60 MB for each.
BATCH = 100

#: Where the temperature is looked for.
COLDEST, HOTTEST = 0.2, 5.0


@dataclass(frozen=True)
class Score:
    """Accuracy in 0…1 and mean cross-entropy."""

    accuracy: float
    loss: float


@torch.no_grad()
def logits(prepare: nn.Module, network: nn.Module, part: Part) -> Tensor:
    """Return the logits of every image, float [N, 10]; the network is left in eval mode."""
    network.eval()
    return torch.cat([network(prepare(batch)) for batch in torch.split(part.images, BATCH)])


def score(answers: Tensor, labels: Tensor) -> Score:
    """Compare logits [N, 10] with labels [N]."""
    right = int((answers.argmax(1) == labels).sum())
    loss = functional.cross_entropy(answers.double(), labels).item()
    return Score(accuracy=right / len(labels), loss=loss)


def temperature(answers: Tensor, labels: Tensor) -> float:
    """Return what to divide logits by so that probabilities mean what they say.

    The temperature with the lowest cross-entropy (Guo et al., On calibration of modern neural
    networks, 2017), by golden-section search: the loss has one minimum in it.
    """
    answers = answers.double()

    def loss(log_temperature: float) -> float:
        scaled = answers / math.exp(log_temperature)
        return functional.cross_entropy(scaled, labels).item()

    low, high = math.log(COLDEST), math.log(HOTTEST)
    golden = (math.sqrt(5) - 1) / 2
    while high - low > 1e-4:
        left, right = high - golden * (high - low), low + golden * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return round(math.exp((low + high) / 2), 4)
