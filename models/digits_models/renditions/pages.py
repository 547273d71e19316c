"""Digits on pages, as a camera or a drawing program gives them, and back through the front end."""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn

from digits_models.renditions import placing
from digits_models.resample import grey_levels

#: Sides of the pages, and how often each is drawn. Larger ones look the same to the front end.
SIZES = ((28, 28), (28, 28), (44, 40), (64, 64), (60, 90), (120, 120))

_AT_ONCE = 250


@torch.no_grad()
def through(front: nn.Module, ink: Tensor, generator: Generator) -> Tensor:
    """Draw ink [N, 1, S, S] of 0…1 on pages of all sizes; returns the canvases uint8 [N, 28, 28].

    `front` is a front end: image uint8 [N, H, W, 3] → canvas and more.
    """
    canvases = torch.empty(len(ink), 28, 28, dtype=torch.uint8)
    order = torch.randperm(len(ink), generator=generator)
    for chosen, (height, width) in zip(order.chunk(len(SIZES)), SIZES, strict=False):
        for start in range(0, len(chosen), _AT_ONCE):
            part = chosen[start : start + _AT_ONCE]
            page = draw(ink[part], height, width, generator)
            canvases[part] = front(page)[0]
    return canvases


def draw(ink: Tensor, height: int, width: int, generator: Generator) -> Tensor:
    """Ink [N, 1, S, S] of 0…1, 20/28 of it the digit → pages uint8 [N, height, width, 3]."""
    cover = _placed(ink, height, width, generator)
    paper, pen = _colours(len(ink), generator)
    page = paper + cover * (pen - paper)
    page = page * _light(len(ink), height, width, generator)
    page = _printed(page, pen, generator)
    strength = 0.06 * torch.rand(len(ink), 1, 1, 1, generator=generator).square()
    page = page + torch.randn(page.shape, generator=generator) * strength
    return grey_levels(page).permute(0, 2, 3, 1).contiguous()


def _placed(ink: Tensor, height: int, width: int, generator: Generator) -> Tensor:
    """Scale and move: the digit's 20 pixels become 35 to 95 % of the page, anywhere on it."""
    count = len(ink)
    share = 0.35 + 0.6 * torch.rand(count, generator=generator)
    scale = 20 / (share * min(height, width)).clamp(min=14)
    squeeze = _squeeze(count, min(height, width), generator)
    down = scale * torch.exp(squeeze.clamp(min=0))
    across = scale * torch.exp(-squeeze.clamp(max=0))
    start = _start(height, down, generator), _start(width, across, generator)
    fine = ink.shape[2] / 28
    corner, step = (
        [way.view(-1, 1, 1, 1) * fine for way in both] for both in (start, (down, across))
    )
    placed = placing.read(ink, (corner[0], corner[1]), (step[0], step[1]), (height, width))
    hard = torch.exp(torch.rand(count, 1, 1, 1, generator=generator) * 1.2)
    return ((placed - 0.5) * hard + 0.5 * hard.clamp(max=1)).clamp(0, 1) * (placed > 0.02)


def _squeeze(count: int, side: int, generator: Generator) -> Tensor:
    """How much flatter (above 0) or narrower, [N], the logarithm of a ratio of sides.

    One in three is a picture that somebody stretched; on small pages its strokes would vanish.
    """
    strong = 1.2 if side > 50 else 0.7
    most = torch.where(torch.rand(count, generator=generator) < 1 / 3, strong, 0.5)
    return most * (2 * torch.rand(count, generator=generator) - 1)


def _start(length: int, step: Tensor, generator: Generator) -> Tensor:
    """Where on 28 pixels the page begins, [N], so that their inner 20 lie anywhere on it.

    A pixel of the page is `step` [N] of the 28.
    """
    room = (length - 20 / step).clamp(min=0)
    middle = 10 / step + torch.rand(len(step), generator=generator) * room
    return 14 - middle * step


def _colours(count: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Paper and pen, [N, 3, 1, 1] each: dark on light or light on dark, grey or coloured."""
    dark = 0.35 * torch.rand(count, 1, generator=generator)
    light = dark + 0.3 + (0.7 - dark) * torch.rand(count, 1, generator=generator)
    tint = (torch.rand(2, count, 3, generator=generator) - 0.5) * 0.3
    tint = tint * (torch.rand(2, count, 1, generator=generator) < 0.5)
    inverted = torch.rand(count, 1, generator=generator) < 0.5
    paper = torch.where(inverted, dark, light) + tint[0]
    pen = torch.where(inverted, light, dark) + tint[1]
    return paper.clamp(0, 1).view(-1, 3, 1, 1), pen.clamp(0, 1).view(-1, 3, 1, 1)


def _light(count: int, height: int, width: int, generator: Generator) -> Tensor:
    """A lamp's slope and a lens's vignette, [N, 1, H, W]."""
    y = torch.linspace(-1, 1, height).view(1, 1, -1, 1)
    x = torch.linspace(-1, 1, width).view(1, 1, 1, -1)
    across, down, round_ = (torch.rand(count, 1, 1, 1, generator=generator) for _ in range(3))
    slope = 0.5 * (across - 0.5) * x + 0.5 * (down - 0.5) * y
    lit = 1 + slope - 0.15 * round_ * (x.square() + y.square())
    even = torch.rand(count, 1, 1, 1, generator=generator) < 0.5
    return torch.where(even, torch.ones_like(lit), lit)


def _printed(page: Tensor, pen: Tensor, generator: Generator) -> Tensor:
    """Pale ruled or squared lines on one page in six."""
    count, _, height, width = page.shape
    period = (0.15 + 0.2 * torch.rand(count, 1, 1, 1, generator=generator)) * min(height, width)
    thick = period / 12
    y = torch.arange(height).view(1, 1, -1, 1) + 7
    x = torch.arange(width).view(1, 1, 1, -1) + 7
    ruled = ((y % period) < thick).expand(count, 1, height, width)
    squared = ruled | ((x % period) < thick)
    either = torch.rand(count, 1, 1, 1, generator=generator) < 0.5
    lines = torch.where(either, ruled, squared)
    weight = 0.25 * torch.rand(count, 1, 1, 1, generator=generator)
    weight = weight * (torch.rand(count, 1, 1, 1, generator=generator) < 1 / 6)
    return page + lines * weight * (pen - page)


@torch.no_grad()
def again(front: nn.Module, canvases: Tensor) -> Tensor:
    """Canvases uint8 [N, 28, 28] as images of 28×28 through the front end."""
    seen = canvases.clone()
    for start in range(0, len(canvases), _AT_ONCE):
        part = canvases[start : start + _AT_ONCE, :, :, None].expand(-1, -1, -1, 3)
        seen[start : start + _AT_ONCE] = front(part.contiguous())[0]
    return seen
