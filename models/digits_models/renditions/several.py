"""Two or three digits in one picture: apart, touching, or joined by a stroke."""

from __future__ import annotations

import torch
from torch import Generator, Tensor
from torch.nn import functional

from digits_models.renditions import placing

_SIDE = 28
_SOLID = 0.35  # from which on ink counts

#: Gaps between ink and ink in pixels of MNIST's, least and most; below 0 they overlap.
_APART, _TOUCHING, _JOINED = (1.0, 8.0), (-2.0, 0.0), (1.0, 6.0)


def apart(count: int, digits: Tensor, generator: Generator, side: int) -> Tensor:
    """Digits close together: float [count, 1, side, side]."""
    return _rows(count, digits, generator, side, _APART)


def touching(count: int, digits: Tensor, generator: Generator, side: int) -> Tensor:
    """Digits that touch or overlap; one in six is joined by a stroke instead."""
    joined = round(count / 6)
    parts = [_rows(count - joined, digits, generator, side, _TOUCHING)]
    return torch.cat([*parts, _rows(joined, digits, generator, side, _JOINED, bridged=True)])


def _rows(
    count: int,
    digits: Tensor,
    generator: Generator,
    side: int,
    gaps: tuple[float, float],
    *,
    bridged: bool = False,
) -> Tensor:
    """Mostly two, some three; mostly beside, some above each other; 20 pixels of 28 together."""
    parts = []
    third, stacked = round(count * 0.15), round(count * 0.12)
    for rows, number, upright in (
        (count - third - stacked, 2, False),
        (third, 3, False),
        (stacked, 2, True),
    ):
        tiles = _tiles(rows, number, digits, generator)
        tiles = tiles.transpose(2, 3) if upright else tiles
        strip = _joined(tiles, gaps, generator, bridged=bridged)
        strip = strip.transpose(1, 2) if upright else strip
        parts.append(_canvas(strip.unsqueeze(1), generator, side))
    return torch.cat(parts)


def _tiles(count: int, number: int, digits: Tensor, generator: Generator) -> Tensor:
    """Digits of different sizes, at different heights: float [count, number, 28, 28]."""
    chosen = torch.randint(len(digits), (count, number), generator=generator)
    least = torch.where(torch.rand(count, 1, generator=generator) < 0.5, 0.55, 0.9)
    size = least + (1 - least) * torch.rand(count, number, generator=generator)
    room = 10 * (1 - size) * (2 * torch.rand(count, number, generator=generator) - 1)
    step = (1 / size).view(count, number, 1, 1)
    start = _SIDE / 2 * (1 - step)
    corner = start + room.view(start.shape) * step, start
    ink = digits[chosen].float().flatten(0, 1).unsqueeze(1) / 255
    tiles = placing.read(ink, _flat(*corner), _flat(step, step), (_SIDE, _SIDE))
    return tiles.view(count, number, _SIDE, _SIDE)


def _flat(down: Tensor, across: Tensor) -> tuple[Tensor, Tensor]:
    return down.reshape(-1, 1, 1, 1), across.reshape(-1, 1, 1, 1)


def _joined(
    tiles: Tensor, gaps: tuple[float, float], generator: Generator, *, bridged: bool
) -> Tensor:
    """Tiles [N, K, 28, 28] in a row [N, 28, 28 K], so far apart that ink has such gaps."""
    count, number = tiles.shape[:2]
    strip = functional.pad(tiles[:, 0], [0, _SIDE * (number - 1)])
    for index in range(1, number):
        gap = gaps[0] + (gaps[1] - gaps[0]) * torch.rand(count, generator=generator)
        strip = _beside(strip, tiles[:, index], gap.round().long(), bridged=bridged)
    return strip


def _beside(strip: Tensor, tile: Tensor, gap: Tensor, *, bridged: bool) -> Tensor:
    """Put a tile [N, 28, 28] to the right of the ink of a strip [N, 28, W], at these gaps [N]."""
    end, begin = _last(strip), _first(tile)
    near = (begin - end).amin(1)
    # Where no row has ink of both, their boxes count.
    boxes = begin.amin(1) - end.amax(1)
    shift = (gap + 1 - torch.where(near > _SIDE, boxes, near)).clamp(min=0)
    source = torch.arange(strip.shape[2]) - shift.view(-1, 1, 1)
    seen = (source >= 0) & (source < _SIDE)
    index = source.clamp(0, _SIDE - 1).expand(-1, _SIDE, -1)
    both = torch.maximum(strip, tile.gather(2, index) * seen)
    return torch.maximum(both, _bridge(end, begin + shift.view(-1, 1), strip)) if bridged else both


def _last(strip: Tensor) -> Tensor:
    """The last column that has ink, in each row or beside it, int64 [N, 28]; -1000: none."""
    solid = functional.max_pool2d(strip.unsqueeze(1), (3, 1), 1, (1, 0)) > _SOLID
    order = torch.arange(strip.shape[2])
    return torch.where(solid.squeeze(1), order, -1000).amax(2)


def _first(tile: Tensor) -> Tensor:
    """The first column that has ink, in each row, int64 [N, 28]; 1000: none."""
    return torch.where(tile > _SOLID, torch.arange(tile.shape[2]), 1000).amin(2)


def _bridge(end: Tensor, begin: Tensor, strip: Tensor) -> Tensor:
    """A stroke from the one to the other, along the row where they are nearest, [N, 28, W]."""
    row = (begin - end).argmin(1, keepdim=True)
    left, right = end.gather(1, row).unsqueeze(2), begin.gather(1, row).unsqueeze(2)
    columns = torch.arange(strip.shape[2])
    rows = torch.arange(_SIDE).view(1, -1, 1) - row.unsqueeze(2)
    stroke = (columns >= left - 1) & (columns <= right + 1) & (rows >= 0) & (rows < 2)
    return 0.9 * stroke


def _canvas(strips: Tensor, generator: Generator, side: int) -> Tensor:
    """Shrink strips [N, 1, H, W] until their ink fills 18 to 20 pixels of 28; broaden it first."""
    count = len(strips)
    longest = side / 28 * (18 + 2 * torch.rand(count, 1, 1, 1, generator=generator))
    thick = 0.9 * torch.rand(count, 1, 1, 1, generator=generator)
    bold = strips.lerp(functional.max_pool2d(strips, 3, 1, 1), thick)
    spans = [_span(bold, axis) for axis in (2, 3)]
    step = torch.maximum(*(last - first for first, last in spans)).view(-1, 1, 1, 1) / longest
    down, across = (
        (0.5 * (first + last)).view(-1, 1, 1, 1) - side / 2 * step for first, last in spans
    )
    canvas = placing.read(bold, (down, across), (step, step), (side, side))
    gain = 1.1 + 0.9 * torch.rand(count, 1, 1, 1, generator=generator)
    return (canvas * gain).clamp(0, 1)


def _span(strips: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """Where ink begins and ends along an axis, float [N] each."""
    inked = (strips > _SOLID).any(5 - axis).squeeze(1)
    order = torch.arange(inked.shape[1])
    first = torch.where(inked, order, inked.shape[1]).amin(1)
    return first.float(), torch.where(inked, order + 1, 0).amax(1).float()
