"""Pages that hold no digit: blank ones, noise, textures; float64 [H, W, 3], 0 to 255."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import ndimage

from digits_models.trials import pages
from digits_models.trials.fields import Floats

Maker = Callable[[int, int, np.random.Generator], Floats]


def size(rng: np.random.Generator) -> tuple[int, int]:
    """A fifth of the pages are canvases of 28×28; the others have any size up to 600."""
    if rng.random() < 0.2:
        return 28, 28
    height, width = np.exp(rng.uniform(np.log(40), np.log(600), 2))
    return int(height), int(width)


def blank(rng: np.random.Generator) -> Floats:
    """A page with nothing on it: white, black, coloured, shaded, paper, a board."""
    height, width = size(rng)
    page = _BLANK[rng.integers(len(_BLANK))](height, width, rng)
    return pages.soft_light(page, rng) if rng.random() < 0.4 else page


def _coloured(height: int, width: int, rng: np.random.Generator) -> Floats:
    return pages.plain(height, width, rng.uniform(0, 255, 3))


def _white(height: int, width: int, rng: np.random.Generator) -> Floats:
    return pages.plain(height, width, np.full(3, rng.choice([255.0, 250.0, 0.0])))


def _gradient(height: int, width: int, rng: np.random.Generator) -> Floats:
    one, other = rng.uniform(0, 255, (2, 3))
    weight = np.add.outer(np.linspace(0, rng.random(), height), np.linspace(0, rng.random(), width))
    page: Floats = one + (weight / 2)[..., None] * (other - one)
    return page


def _board(height: int, width: int, rng: np.random.Generator) -> Floats:
    return pages.board(height, width, rng.uniform(25, 80, 3), rng)


_BLANK: tuple[Maker, ...] = (_white, _coloured, _gradient, pages.paper, _board)


def noise(rng: np.random.Generator) -> Floats:
    """Noise and nothing else: normal, even, in colours, salt and pepper, coarse, in rows."""
    height, width = size(rng)
    return _NOISE[rng.integers(len(_NOISE))](height, width, rng)


def _normal(height: int, width: int, rng: np.random.Generator) -> Floats:
    grain = rng.normal(0, rng.uniform(3, 70), (height, width, 1))
    return np.repeat(rng.uniform(0, 255) + grain, 3, 2)


def _coloured_noise(height: int, width: int, rng: np.random.Generator) -> Floats:
    return rng.uniform(0, 255, (height, width, 3))


def _salt(height: int, width: int, rng: np.random.Generator) -> Floats:
    hit = rng.random((height, width, 1)) < rng.choice([0.003, 0.02, 0.1, 0.4])
    ground = rng.choice([0.0, 255.0, 128.0])
    grains = np.where(rng.random((height, width, 1)) < 0.5, 0.0, 255.0)
    return np.repeat(np.where(hit, grains, ground), 3, 2)


def _coarse(height: int, width: int, rng: np.random.Generator) -> Floats:
    grain = ndimage.gaussian_filter(rng.normal(0, 1, (height, width)), rng.uniform(0.7, 4))
    level = 128 + 60 * grain / grain.std()
    return np.repeat(level[..., None], 3, 2)


def _rows(height: int, width: int, rng: np.random.Generator) -> Floats:
    lines = rng.normal(128, rng.uniform(10, 70), (height, 1, 1))
    return np.tile(lines, (1, width, 3)) + rng.normal(0, 4, (height, width, 1))


_NOISE: tuple[Maker, ...] = (_normal, _coloured_noise, _salt, _coarse, _rows)


def texture(rng: np.random.Generator) -> Floats:
    """Something like wood, stone, bricks, leaves, cloth."""
    height, width = size(rng)
    pattern = _TEXTURES[rng.integers(len(_TEXTURES))](height, width, rng)
    dark, light = np.sort(rng.uniform(0, 255, (2, 3)), 0)
    coloured: Floats = dark + pattern[..., None] * (light - dark)
    return coloured


def _stone(height: int, width: int, rng: np.random.Generator) -> Floats:
    return (pages.clouds(height, width, rng) + 1) / 2


def _wood(height: int, width: int, rng: np.random.Generator) -> Floats:
    rings = np.arange(width) / width * rng.uniform(1, 4) + pages.clouds(height, width, rng)
    wood: Floats = np.sin(rings * rng.uniform(6, 20))
    return (wood + 1) / 2


def _bricks(height: int, width: int, rng: np.random.Generator) -> Floats:
    tall = max(6, height * rng.uniform(0.08, 0.25))
    y = np.arange(height)[:, None]
    x = np.arange(width) + (y // tall % 2) * tall
    joint = (y % tall < tall * 0.12) | (x % (2 * tall) < tall * 0.12)
    bricks: Floats = np.where(joint, 1.0, 0.3) + rng.normal(0, 0.05, (height, width))
    return bricks


def _leaves(height: int, width: int, rng: np.random.Generator) -> Floats:
    grain = rng.normal(0, 1, (height, width))
    sharp = ndimage.gaussian_filter(grain, min(height, width) * rng.uniform(0.02, 0.06))
    leaves: Floats = (sharp / sharp.std() * 2 + 0.5).clip(0, 1)
    return leaves


def _cloth(height: int, width: int, rng: np.random.Generator) -> Floats:
    y, x = np.arange(height)[:, None], np.arange(width)
    spacing = rng.uniform(3, 12)
    weave: Floats = np.sin(2 * np.pi * y / spacing) + np.sin(2 * np.pi * x / spacing)
    return (weave + 2) / 4


_TEXTURES: tuple[Maker, ...] = (_stone, _wood, _bricks, _leaves, _cloth)
