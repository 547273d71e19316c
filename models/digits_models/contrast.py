"""How far ink stands out: its distance from the paper, the paper's noise, and whether it counts."""

import torch
from torch import Tensor
from torch.nn import functional

from digits_models.ramps import ramp


def ink_level(distance: Tensor) -> Tensor:
    """Distance of the ink, [N, 1, 1, 1]: its mean, weighted by itself.

    Args:
        distance: [N, 1, h, w], about 0 on paper. A soft k-means finds the rest; weighted, however
            little that is.
    """
    level = distance.amax([2, 3], keepdim=True).clamp(min=1e-4)
    ink = distance.clamp(min=0.0)
    for _ in range(2):
        weight = torch.sigmoid(distance * (6.5 / level) - 3.25) * ink
        total = (weight * ink).sum([2, 3], keepdim=True)
        level = total / (weight.sum([2, 3], keepdim=True) + 1e-6) + 1e-4
    return level


def quietest(distance: Tensor) -> Tensor:
    """Root mean square of the quietest block, [N, 1, 1, 1], in [N, 1, h, w]: the noise of paper."""
    return functional.avg_pool2d(distance * distance, 4).amin([2, 3], keepdim=True).sqrt()


def visible(contrast: Tensor, noise: Tensor) -> Tensor:
    """Whether there is ink, 0…1: its contrast is many times the noise.

    Even the cleanest page is taken to have the noise of a grey level of 255. Up to 9 times nothing
    counts as ink: vignettes and noise stay below 12. People's faintest digits had 23.
    """
    return ramp(contrast / (noise + 0.004), 9.0, 15.0)
