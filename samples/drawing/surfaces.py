"""What digits are written on, and how ink lies on it; all as float RGB [height, width, 3], 0…1."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageFilter

from drawing.pen import Floats

Size = tuple[int, int]  # width, height in pixels
Colour = Sequence[float]


def plain(size: Size, colour: Colour) -> Floats:
    """One colour everywhere."""
    return np.broadcast_to(np.array(colour, dtype=np.float64), (size[1], size[0], 3)).copy()


def clouds(size: Size, cells: int, rng: np.random.Generator) -> Floats:
    """Soft noise [height, width], mean 0, deviation about 1; `cells` patches along each side."""
    patches = Image.fromarray(rng.normal(0, 1, (cells, cells)).astype(np.float32))
    return np.asarray(patches.resize(size, Image.Resampling.BICUBIC), dtype=np.float64)


def lay(surface: Floats, cover: Floats, colour: Colour) -> Floats:
    """Put ink of one colour over a surface, as dense as `cover` [height, width] says."""
    return surface + cover[:, :, None] * (np.array(colour) - surface)


def rule(surface: Floats, spacing: float, rng: np.random.Generator, *, squared: bool) -> Floats:
    """Print thin blue lines on paper, a little askew; crossed ones for squared paper."""
    height, width = surface.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float64)
    tilt, thickness = rng.uniform(-0.03, 0.03), max(0.7, spacing / 45)
    cover = _lines(y + tilt * x, spacing, thickness, rng)
    if squared:
        cover = np.maximum(cover, _lines(x - tilt * y, spacing, thickness, rng))
    return lay(surface, 0.55 * cover, (0.55, 0.68, 0.86))


def shade(surface: Floats, rng: np.random.Generator, strength: float) -> Floats:
    """Light from one side, darker corners, the soft shadow of the hand that holds the camera."""
    height, width = surface.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    angle = rng.uniform(0, 2 * np.pi)
    slope = np.cos(angle) * x + np.sin(angle) * y
    shadow = 1 / (1 + np.exp(-5 * (np.cos(angle + 1) * x + np.sin(angle + 1) * y - 0.5)))
    light = 1 - strength * (0.3 * (slope + 1) / 2 + 0.18 * (x * x + y * y) / 2 + 0.25 * shadow)
    warmth = np.array([1, 0.99, 0.975])
    return np.asarray(surface * light[:, :, None] * warmth)


def paper(size: Size, rng: np.random.Generator) -> Floats:
    """Paper, from white to creamy, with fibres too faint to name."""
    colour = (np.array([0.95, 0.94, 0.90]) + rng.uniform(-0.03, 0.03, 3)).tolist()
    fibres = 0.008 * clouds(size, max(size) // 6, rng) + 0.006 * clouds(size, 5, rng)
    return plain(size, colour) + fibres[:, :, None]


def board(size: Size, rng: np.random.Generator) -> Floats:
    """A blackboard, green or nearly black, with clouds of wiped chalk."""
    colour = ((0.13, 0.25, 0.20), (0.15, 0.16, 0.17))[rng.integers(2)]
    dust = 0.025 * clouds(size, 4, rng) + 0.012 * clouds(size, 24, rng)
    return plain(size, colour) + dust[:, :, None] + 0.02


def chalked(cover: Floats, rng: np.random.Generator) -> Floats:
    """What chalk leaves of a line on a rough board: grains with gaps between them."""
    size = (cover.shape[1], cover.shape[0])
    rough = clouds(size, max(size) // 2, rng) + 0.6 * clouds(size, max(size) // 5, rng)
    return cover * np.clip(0.82 + 0.2 * rough, 0.35, 1)


def inked(cover: Floats, rng: np.random.Generator) -> Floats:
    """What a pen leaves: nearly full ink, paler in places."""
    size = (cover.shape[1], cover.shape[0])
    return cover * np.clip(0.93 + 0.05 * clouds(size, 9, rng), 0.75, 1)


def photograph(scene: Floats, rng: np.random.Generator, noise: float, blur: float) -> Image.Image:
    """What a camera makes of it: slightly out of focus, with sensor noise."""
    sharp = picture(scene)
    soft = np.asarray(sharp.filter(ImageFilter.GaussianBlur(blur)), dtype=np.float64) / 255
    return picture(soft + rng.normal(0, noise, soft.shape[:2])[:, :, None] if noise else soft)


def picture(scene: Floats) -> Image.Image:
    """Float RGB → an image of 8 bits a channel."""
    return Image.fromarray(np.rint(scene.clip(0, 1) * 255).astype(np.uint8))


def _lines(across: Floats, spacing: float, thickness: float, rng: np.random.Generator) -> Floats:
    """Coverage by parallel lines, `across` being the coordinate that they are evenly spaced in."""
    place = (across + rng.uniform(0, spacing)) % spacing
    distance = np.minimum(place, spacing - place)
    return np.clip(thickness / 2 + 0.5 - distance, 0, 1)
