"""What sensors, lenses, glass and air do to a canvas; see `damage` for what goes in and out."""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional

from digits_models.renditions.chance import some, uniform


def grain(images: Tensor, generator: Generator) -> Tensor:
    """Noise of the sensor, the same everywhere or stronger in the light."""
    noise = torch.randn(images.shape, generator=generator)
    even, shot = uniform(images, 0, 0.3, generator), uniform(images, 0, 0.6, generator)
    return images + noise * (even.square() + shot.square() * images).sqrt()


def pepper(images: Tensor, generator: Generator) -> Tensor:
    """Single pixels that are white or black."""
    chance = torch.rand(images.shape, generator=generator)
    share = uniform(images, 0.02, 0.35, generator)
    value = (torch.rand(images.shape, generator=generator) < 0.5).float()
    return torch.where(chance < share, value, images)


def blur(images: Tensor, generator: Generator) -> Tensor:
    """A lens out of focus: a Gaussian of half a pixel to almost two, or along one axis alone."""
    sigma = uniform(images, 0.4, 1.8, generator)
    ratio = torch.where(some(images, 0.6, generator), 1.0, uniform(images, 0.1, 1, generator))
    flat = some(images, 0.5, generator)
    down, across = torch.where(flat, sigma, sigma * ratio), torch.where(flat, sigma * ratio, sigma)
    return _blurred(images, down, across)


def _blurred(images: Tensor, down: Tensor, across: Tensor) -> Tensor:
    """Gaussians of these widths, [N, 1, 1, 1] pixels, down and across."""
    return _gaussian(down, images) @ images @ _gaussian(across, images).transpose(2, 3)


def _gaussian(sigma: Tensor, images: Tensor) -> Tensor:
    axis = torch.arange(images.shape[3], dtype=images.dtype)
    apart = axis - axis.unsqueeze(1)
    weights = torch.exp(-0.5 * (apart / sigma.clamp(min=0.05)).square())
    return weights / weights.sum(3, keepdim=True)


def motion(images: Tensor, generator: Generator) -> Tensor:
    """A hand that moved: an average along a line of 3 to 11 pixels, even or fading to one side."""
    angle = uniform(images, 0, 2 * math.pi, generator)
    reach = uniform(images, 1, 5.5, generator)
    axis = torch.arange(-6, 7).float()
    x, y = axis.view(1, 1, 1, -1), axis.view(1, 1, -1, 1)
    along, across = x * angle.cos() + y * angle.sin(), x * angle.sin() - y * angle.cos()
    even = (reach + 0.5 - along.abs()).clamp(0, 1)
    fading = torch.exp(-(along / reach).square()) * (along > -0.5)
    fades = some(images, 0.4, generator)
    kernel = (1 - across.abs()).clamp(min=0) * torch.where(fades, fading, even)
    kernel = kernel / kernel.sum([2, 3], keepdim=True)
    batch = images.transpose(0, 1)
    return functional.conv2d(batch, kernel, padding=6, groups=len(images)).transpose(0, 1)


def glass(images: Tensor, generator: Generator) -> Tensor:
    """Pixels that are displaced by up to two and a half, whole or mixed; some blurred."""
    count, _, height, width = images.shape
    shift = torch.rand(count, height, width, 2, generator=generator) * 2 - 1
    shift = shift * uniform(images, 0.5, 2.5, generator)
    grid = _identity(images) + shift * (2 / width)
    soft = torch.where(some(images, 0.4, generator), 0.0, uniform(images, 0.3, 1.1, generator))
    tall = torch.where(some(images, 0.5, generator), 1.0, 0.0)
    before = _blurred(images, soft, soft * tall)
    mixed = functional.grid_sample(before, grid, align_corners=False)
    swapped = functional.grid_sample(before, grid, mode="nearest", align_corners=False)
    displaced = torch.where(some(images, 0.5, generator), mixed, swapped)
    return _blurred(displaced, soft, soft * tall)


def _identity(images: Tensor) -> Tensor:
    eye = torch.eye(2, 3).expand(len(images), 2, 3)
    return functional.affine_grid(eye, list(images.shape), align_corners=False)


def pale(images: Tensor, generator: Generator) -> Tensor:
    """Grey instead of black, grey instead of white."""
    dark = uniform(images, 0, 0.6, generator)
    light = dark + (1 - dark) * uniform(images, 0.35, 1, generator)
    return dark + (light - dark) * images


def fog(images: Tensor, generator: Generator) -> Tensor:
    """A cloudy veil in front of the page."""
    total = torch.zeros_like(images)
    for size, weight in ((2, 1.0), (4, 0.6), (8, 0.35), (15, 0.2)):
        cells = torch.rand(len(images), 1, size, size, generator=generator)
        total += weight * functional.interpolate(cells, size=images.shape[2:], mode="bicubic")
    veil = uniform(images, 0.2, 0.7, generator)
    return images * (1 - veil * uniform(images, 0.4, 1, generator)) + veil * total / 1.4
