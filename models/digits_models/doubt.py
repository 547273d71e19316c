"""Below which confidence a classifier should rather say that it sees no digit that it knows."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

from digits_models import measure
from digits_models.front import build_front
from digits_models.renditions import pages, pool
from digits_models.splits import Part

#: Part of the real digits that may be lost, those on pages and those as they are taken together.
LOST = 0.005

#: The seed of the pages that the threshold is chosen on; none of a training's.
_SEED = 271_828


@dataclass(frozen=True)
class Doubt:
    """A threshold of the confidence, and what it does on validation images.

    Attributes:
        min_confidence: Answers below it are withheld.
        lost: Part of the digits whose answers are withheld.
        caught: Part of the foreign canvases (letters, several digits, noise) whose answers are.
    """

    min_confidence: float
    lost: float
    caught: float


def doubt(
    prepare: nn.Module, network: nn.Module, temperature: float, validation: Part, dataset: str
) -> Doubt | None:
    """Choose the threshold on validation digits; None where no foreign canvases can be drawn.

    Args:
        prepare: Canvas → network input.
        network: Network input → logits.
        temperature: What the logits are divided by.
        validation: Digits that nothing was learnt from.
        dataset: Name of their data set.
    """
    if dataset != "mnist":
        return None
    generator = Generator().manual_seed(_SEED)
    images = validation.images.cpu()
    ink = images.unsqueeze(1).float() / 255
    digits = torch.cat([images, pages.through(build_front("ink"), ink, generator)])
    strangers = pool.strangers(max(1, len(images) // 4), images, generator)

    def confidence(canvases: Tensor) -> Tensor:
        part = Part(canvases.to(validation.images.device), validation.labels)
        logits = measure.logits(prepare, network, part)
        return torch.softmax(logits / temperature, 1).amax(1).cpu()

    known, unknown = confidence(digits), confidence(strangers)
    least = round(float(known.quantile(LOST)), 4)
    lost, caught = (float((part < least).double().mean()) for part in (known, unknown))
    return Doubt(least, round(lost, 4), round(caught, 4))
