"""What comes on top of a digit, or covers it; see `damage` for what goes in and out."""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional

from digits_models.renditions.chance import some, uniform


def _turned_axes(images: Tensor, angle: Tensor) -> tuple[Tensor, Tensor]:
    """Pixels along and across a direction [N, 1, 1, 1], from the middle, [N, 1, S, S] each."""
    axis = torch.arange(images.shape[3]) + 0.5 - images.shape[3] / 2
    x, y = axis.view(1, 1, 1, -1), axis.view(1, 1, -1, 1)
    return x * angle.cos() + y * angle.sin(), y * angle.cos() - x * angle.sin()


def lines(images: Tensor, generator: Generator) -> Tensor:
    """One to three lines over the canvas, straight, toothed or waved, drawn or dotted."""
    result = images
    for share in (1.0, 0.25, 0.15):
        one = _line(images, generator) * some(images, share, generator)
        result = _crossed(result, one, generator)
    return result


def _line(images: Tensor, generator: Generator) -> Tensor:
    """How much each pixel is of a line, 0…1; it may be faint, soft, short, or far to a side."""
    upright = some(images, 0.3, generator) * (math.pi / 2)
    along, across = _turned_axes(images, upright + uniform(images, -0.6, 0.6, generator))
    wave, steep = _wave(along, images, generator)
    apart = (across - uniform(images, -12, 12, generator) - wave).abs() * steep
    width, soft = uniform(images, 0.4, 3, generator), uniform(images, 1, 2.5, generator)
    cover = ((0.5 * width - apart) / soft + 0.5).clamp(0, 1)
    level = torch.where(some(images, 0.5, generator), 1.0, uniform(images, 0.4, 1, generator))
    begin, end = uniform(images, -40, -4, generator), uniform(images, 4, 40, generator)
    return cover * level * ((along > begin) & (along < end)) * _dots(along, images, generator)


def _wave(along: Tensor, images: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """A line's way to the sides, and what makes distances across it ones from it."""
    period, high = uniform(images, 3.5, 16, generator), uniform(images, 1, 5, generator)
    high = high * some(images, 0.65, generator)
    turn = along / period + uniform(images, 0, 1, generator)
    tooth = 4 * (turn - (turn + 0.5).floor()).abs() - 1
    toothed = some(images, 0.7, generator)
    wave = high * torch.where(toothed, tooth, torch.cos(turn * 2 * math.pi))
    steep = 4 * high / period
    return wave, (1 + steep.square()).rsqrt()


def _dots(along: Tensor, images: Tensor, generator: Generator) -> Tensor:
    """Gaps in two lines of five, hard or soft."""
    turn = along * (2 * math.pi / uniform(images, 2, 7, generator))
    hard = uniform(images, 1, 6, generator)
    gaps = ((turn + uniform(images, 0, 6.3, generator)).cos() * hard + 0.5).clamp(0, 1)
    return torch.where(some(images, 0.4, generator), gaps, 1.0)


def _crossed(images: Tensor, line: Tensor, generator: Generator) -> Tensor:
    """The line over, with or out of the ink: one in six erases."""
    added = torch.where(some(images, 0.5, generator), images + line, torch.maximum(images, line))
    return torch.where(some(images, 1 / 6, generator), images * (1 - line), added.clamp(0, 1))


def bands(images: Tensor, generator: Generator) -> Tensor:
    """Bands of the page, or all beside them, are inverted; upright, across or aslant."""
    aslant = some(images, 0.25, generator) * uniform(images, 0, math.pi, generator)
    down = some(images, 0.4, generator) * (math.pi / 2)
    along, _ = _turned_axes(images, aslant + down)
    wide = uniform(images, 2, 16, generator)
    # Mostly one band, rarely several: the next one is beyond the page.
    period = wide + torch.where(some(images, 0.3, generator), 6.0, 40.0)
    start = uniform(images, -18, 14, generator)
    inside = ((along - start) % period < wide) ^ some(images, 0.3, generator)
    strength = torch.where(some(images, 0.7, generator), 1.0, uniform(images, 0.6, 1, generator))
    return torch.where(inside, images + (1 - 2 * images) * strength, images)


def spots(images: Tensor, generator: Generator) -> Tensor:
    """Splashes of ink, or of water."""
    coarse = torch.randn(len(images), 1, 16, 16, generator=generator)
    coarse = functional.interpolate(coarse, size=images.shape[2:], mode="bicubic")
    wet = ((coarse - uniform(images, 0.9, 1.8, generator)) * 4).clamp(0, 1)
    return images + (uniform(images, 0, 1, generator) - images) * wet


def hole(images: Tensor, generator: Generator) -> Tensor:
    """A small rectangle is missing."""
    axis = torch.arange(images.shape[3]).float()
    left, wide = uniform(images, 4, 22, generator), uniform(images, 2, 6, generator)
    top, high = uniform(images, 4, 22, generator), uniform(images, 2, 6, generator)
    across = (axis >= left) & (axis < left + wide)
    down = ((axis >= top) & (axis < top + high)).transpose(2, 3)
    return images.masked_fill(across & down, 0)
