"""What people write on: paper, boards, lines, light; float64 [H, W, 3], 0 to 255."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from digits_models.trials.fields import Floats, blurred, plasma

Colour = Sequence[float] | Floats

WHITE = (255.0, 255.0, 255.0)


def plain(height: int, width: int, colour: Colour) -> Floats:
    """One colour."""
    return np.tile(np.asarray(colour, np.float64), (height, width, 1))


def paper(height: int, width: int, rng: np.random.Generator) -> Floats:
    """Whitish paper with fibres, a little uneven, as a camera sees it."""
    tint = rng.uniform(195, 250) + rng.uniform(-1, 1) * np.array([4.0, 0.0, -10.0])
    page = plain(height, width, tint)
    grain = blurred(rng.normal(0, 1, (1, height, width)), *rng.uniform(0.5, 1.6, 2))[0]
    page += (grain * rng.uniform(2, 8) + rng.normal(0, 1.5, (height, width)))[..., None]
    return page + clouds(height, width, rng)[..., None] * rng.uniform(0, 10)


def clouds(height: int, width: int, rng: np.random.Generator) -> Floats:
    """Large soft patches, [height, width], from -1 to 1."""
    from skimage.transform import resize

    smooth: Floats = resize(plasma(1, 64, 1.5, rng)[0], (height, width), order=1)
    return smooth * 2 - 1


def board(height: int, width: int, colour: Colour, rng: np.random.Generator) -> Floats:
    """A board that was wiped: smears of chalk dust."""
    dust = clouds(height, width, rng) * rng.uniform(4, 12) + rng.normal(0, 3, (height, width))
    return plain(height, width, colour) + dust[..., None]


def ruled(page: Floats, spacing: float, colour: Colour, rng: np.random.Generator) -> Floats:
    """Draw horizontal lines, nearly level, at this spacing in pixels."""
    rows = np.arange(page.shape[0])[:, None] + np.arange(page.shape[1]) * rng.uniform(-0.02, 0.02)
    return _ruled(page, rows, spacing, colour, rng)


def squared(page: Floats, spacing: float, colour: Colour, rng: np.random.Generator) -> Floats:
    """Draw horizontal and vertical lines."""
    columns = np.arange(page.shape[1]) + np.arange(page.shape[0])[:, None] * 0.0
    return _ruled(ruled(page, spacing, colour, rng), columns, spacing, colour, rng)


def _ruled(
    page: Floats, along: Floats, spacing: float, colour: Colour, rng: np.random.Generator
) -> Floats:
    width = max(1.0, spacing * rng.uniform(0.015, 0.04))
    phase = (along + rng.uniform(0, spacing)) % spacing
    distance = np.minimum(phase, spacing - phase)
    return over(page, (width / 2 + 0.5 - distance).clip(0, 1), colour)


def over(page: Floats, ink: Floats, colour: Colour, top: int = 0, left: int = 0) -> Floats:
    """Lay ink of a colour on a page, its corner at (top, left); what is beyond the page is lost.

    Args:
        page: [H, W, 3]; not changed.
        ink: [h, w], 0 to 1: how much of each pixel it covers.
        colour: Red, green, blue, 0 to 255.
        top: Row of the ink's first row; may be negative.
        left: Column of its first column; may be negative.
    """
    rows = slice(max(0, top), min(page.shape[0], top + ink.shape[0]))
    columns = slice(max(0, left), min(page.shape[1], left + ink.shape[1]))
    cover = ink[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    drawn = page.copy()
    drawn[rows, columns] += cover[..., None] * (np.asarray(colour) - drawn[rows, columns])
    return drawn


def soft_light(page: Floats, rng: np.random.Generator) -> Floats:
    """Light from one side, and darker corners."""
    across, up = _positions(page, rng.uniform(0, 2 * np.pi))
    slope = 1 - rng.uniform(0.2, 0.6) * (across + 1) / 2
    vignette = 1 - rng.uniform(0, 0.4) * (across**2 + up**2) / 2
    return page * (slope * vignette)[..., None]


def hard_shadow(page: Floats, rng: np.random.Generator) -> Floats:
    """The shadow of something straight: a hand, a phone."""
    across, up = _positions(page, rng.uniform(0, 2 * np.pi))
    edge = rng.uniform(-0.5, 0.5) + up * rng.uniform(-0.3, 0.3)
    shadow = 1 / (1 + np.exp(-(across - edge).clip(-3, 3) * rng.uniform(20, 150)))
    return page * (1 - rng.uniform(0.3, 0.6) * shadow)[..., None]


def _positions(page: Floats, angle: float) -> tuple[Floats, Floats]:
    """Coordinates of each pixel, -1 to 1 along the sides, turned by an angle."""
    y, x = np.meshgrid(*(np.linspace(-1, 1, side) for side in page.shape[:2]), indexing="ij")
    return x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
