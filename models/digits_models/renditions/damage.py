"""Damage to canvases: what sensors, printers, lamps and other pens do to a drawn digit.

Each takes float [N, 1, 28, 28] of 0…1, light ink on black, and a generator, and returns the same.
How strong it is differs from image to image, from hardly visible to just readable.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from digits_models.renditions import edges, marks, optics, placing

Damage = Callable[[Tensor, Generator], Tensor]

#: The ways, and how often each is taken. What takes longest to learn is shown most.
DAMAGES: dict[Damage, float] = {
    optics.grain: 1.0,
    optics.pepper: 1.0,
    optics.blur: 1.0,
    optics.motion: 1.0,
    optics.glass: 2.0,
    optics.pale: 1.0,
    optics.fog: 1.2,
    marks.bands: 3.0,
    marks.lines: 3.5,
    marks.spots: 1.0,
    marks.hole: 0.7,
    edges.outline: 1.0,
    edges.ridges: 1.5,
    placing.shift: 3.0,
    placing.squeeze: 1.2,
    placing.extreme: 2.0,
}


def damage(images: Tensor, generator: Generator) -> Tensor:
    """Damage each image in one of the ways of `DAMAGES`, one in five in two ways."""
    images = _once(images, generator)
    twice = torch.rand(len(images), generator=generator) < 0.2
    if twice.any():
        images[twice] = _once(images[twice], generator)
    return images


def _once(images: Tensor, generator: Generator) -> Tensor:
    shares = torch.tensor(list(DAMAGES.values()))
    way = shares.multinomial(max(1, len(images)), True, generator=generator)[: len(images)]
    result = images.clone()
    for index, change in enumerate(DAMAGES):
        chosen = way == index
        if chosen.any():
            result[chosen] = change(images[chosen], generator).clamp(0, 1)
    return result
