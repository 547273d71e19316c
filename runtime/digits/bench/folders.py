"""Folders of images to measure with, made once and shared by the measurements."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digits.bench.digit_images import digit_images
from digits.errors import OutputError

# A phone's 12 megapixels.
_PHOTO = (4032, 3024)
_PAPER = (228.0, 222.0, 208.0)
_INK = 40.0
_GRAIN = 5.0
_LARGE = 280
# Files that large folders share, as links.
_DISTINCT = 500
_PHOTOS = 8


def small(folder: Path, count: int) -> Path:
    """PNG files of 28×28 pixels."""
    return _made(folder / f"small-{count}", count, lambda place: _small(place, count))


def large(folder: Path, count: int) -> Path:
    """PNG files of 280×280 pixels."""
    return _made(folder / f"large-{count}", count, lambda place: _enlarged(place, count))


def photos(folder: Path, count: int) -> Path:
    """Photos of a digit on paper, JPEG of 12 megapixels: shadow, grain, quality 90, 4:2:0."""
    return _made(folder / f"photos-{count}", count, lambda place: _photos(place, count))


def links(folder: Path, count: int) -> Path:
    """As many files as a test of memory needs; the disk holds a few of them once."""
    return _made(folder / f"links-{count}", count, lambda place: _links(folder, place, count))


def _made(place: Path, count: int, make: Callable[[Path], None]) -> Path:
    """A folder that is complete: what an interrupted run left unfinished is never used."""
    if place.is_dir() and len(os.listdir(place)) == count:  # noqa: PTH208
        return _in_memory(place)
    draft = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        draft.mkdir(parents=True)
        make(draft)
        draft.replace(place)
    except OSError as error:
        raise OutputError(f"{place}: can't be written: {error.strerror}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return place


def _in_memory(place: Path) -> Path:
    """The same, read once: else whoever comes first would wait for the disk for all others."""
    for file in place.iterdir():
        file.read_bytes()
    return place


def _small(place: Path, count: int) -> None:
    for index, pixels in enumerate(digit_images(count)):
        Image.fromarray(pixels).save(place / f"{index:06}.png")


def _enlarged(place: Path, count: int) -> None:
    for index, pixels in enumerate(digit_images(count)):
        drawn = Image.fromarray(pixels).resize((_LARGE, _LARGE), Image.Resampling.BICUBIC)
        drawn.save(place / f"{index:06}.png")


def _links(folder: Path, place: Path, count: int) -> None:
    distinct = sorted(small(folder, min(count, _DISTINCT)).iterdir())
    for index in range(count):
        (place / f"{index:06}.png").hardlink_to(distinct[index % len(distinct)])


def _photos(place: Path, count: int) -> None:
    width, height = _PHOTO
    random = np.random.default_rng(0)
    # One field of grain, shifted for each photo: to draw 36 million numbers takes a second.
    grain = random.standard_normal((height, width, 3), np.float32) * np.float32(_GRAIN)
    ground = _ground(height, width)
    distinct = min(count, _PHOTOS)
    for index, digit in enumerate(digit_images(distinct)):
        photo = ground * (1 - _strokes(digit)) + _INK * _strokes(digit)
        photo += np.roll(grain, 977 * index + 1, axis=(0, 1))
        image = Image.fromarray(np.clip(photo, 0, 255).astype(np.uint8))
        image.save(place / _photo(index), quality=90, subsampling="4:2:0")
    for index in range(distinct, count):
        (place / _photo(index)).hardlink_to(place / _photo(index % distinct))


def _photo(index: int) -> str:
    return f"{index:03}.jpg"


def _ground(height: int, width: int) -> NDArray[np.float32]:
    """Paper under a lamp: light falls off to one corner."""
    down, across = np.linspace(0, 1, height)[:, None], np.linspace(0, 1, width)[None]
    light = 1 - 0.35 * down * across
    ground: NDArray[np.float32] = (light[..., None] * np.array(_PAPER)).astype(np.float32)
    return ground


def _strokes(digit: NDArray[np.uint8]) -> NDArray[np.float32]:
    """How much ink is where: the digit, enlarged to the middle of a photo, [H, W, 1] of 0…1."""
    width, height = _PHOTO
    side = height // 2
    drawn = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
    ink = np.zeros((height, width, 1), np.float32)
    top, left = (height - side) // 2, (width - side) // 2
    ink[top : top + side, left : left + side, 0] = np.asarray(drawn, np.float32) / 255
    return ink
