"""Every training image, drawn anew many times and kept: drawing costs more than learning.

The pool of a data set depends on its images, on the seed and on the code that draws. All of these
are in the name of its folder, so that a pool is never taken for another one.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platformdirs
import torch
from numpy.lib.format import open_memmap
from numpy.typing import NDArray
from torch import Generator, Tensor

from digits.errors import OutputError
from digits_models.augment import AUGMENTATIONS
from digits_models.front import build_front
from digits_models.history import say
from digits_models.renditions import damage, foreign, numerals, pages
from digits_models.resample import grey_levels
from digits_models.splits import Part

_CHUNK = 5_000
#: Foreign canvases for each digit.
_FOREIGN = 0.15
#: Side of the foreign canvases that are drawn on pages.
_FINE = 56

#: What becomes of a digit, and how often: as it was drawn; redrawn; redrawn and damaged; redrawn on
#: a page; damaged, then a page of 28×28; another digit of that label, of our own hand, on a page.
#: The last three go through the front end.
_SHARES = (0.13, 0.27, 0.27, 0.2, 0.07, 0.06)

#: The modules whose code decides what is drawn; another version of them draws another pool.
_DRAWN_BY = (
    "augment",
    "contrast",
    "drawing",
    "front",
    "ground",
    "ink",
    "margins",
    "parts",
    "pasted",
    "ramps",
    "ready",
    "resample",
    "sampling",
    "search",
    "surface",
)
_PACKAGE = Path(__file__).parents[1]
_SOURCES = (
    *sorted((_PACKAGE / "renditions").glob("*.py")),
    *(_PACKAGE / f"{name}.py" for name in _DRAWN_BY),
)


@dataclass(frozen=True)
class Pool:
    """The renditions of one part of a data set.

    Attributes:
        folder: Where they lie.
        digits: uint8 [R, N, 28, 28]: R renditions of each of the N images.
        damaged: bool [R, N]: which of them were damaged.
        foreign: uint8 [R, M, 28, 28]: canvases that hold no digit; M may be 0.
    """

    folder: Path
    digits: NDArray[np.uint8]
    damaged: NDArray[np.bool_]
    foreign: NDArray[np.uint8]


def pool(part: Part, dataset: str, count: int, seed: int) -> Pool:
    """Open the pool of a part, or draw it: `count` renditions of every image.

    Raises:
        OutputError: It can't be written to the cache.
    """
    folder = _cache() / f"{dataset}-{count}x{len(part)}-{_key(part, seed)}"
    if not folder.is_dir():
        _make(part, dataset, count, seed, folder)
    names = ("digits", "damaged", "foreign")
    return Pool(folder, *(np.load(folder / f"{name}.npy", mmap_mode="r") for name in names))


def _cache() -> Path:
    return platformdirs.user_cache_path("digits-edge", appauthor=False) / "renditions"


def _key(part: Part, seed: int) -> str:
    total = hashlib.sha256(f"{seed}".encode())
    for file in _SOURCES:
        total.update(file.read_bytes())
    for tensor in (part.images, part.labels):
        total.update(tensor.cpu().numpy().tobytes())
    return total.hexdigest()[:12]


def _make(part: Part, dataset: str, count: int, seed: int, folder: Path) -> None:
    """Draw into a folder beside, then rename it: a pool is there whole or not at all."""
    draft = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder.parent))
        _draw_all(part, dataset, count, seed, draft)
        if not folder.is_dir():  # another training may have been faster
            draft.rename(folder)
    except OSError as error:
        raise OutputError(f"{folder} can't be written: {error.strerror or error}") from error
    finally:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)


def _draw_all(part: Part, dataset: str, count: int, seed: int, folder: Path) -> None:
    images, labels = part.images.cpu(), part.labels.cpu()
    many = round(_FOREIGN * len(images)) if dataset == "mnist" else 0
    digits = open_memmap(folder / "digits.npy", "w+", np.uint8, (count, len(images), 28, 28))
    damaged = open_memmap(folder / "damaged.npy", "w+", np.bool_, (count, len(images)))
    others = open_memmap(folder / "foreign.npy", "w+", np.uint8, (count, many, 28, 28))

    def draw_once(index: int) -> None:
        generator = Generator().manual_seed(seed * 1_000_003 + index)
        for start in range(0, len(images), _CHUNK):
            chunk = Part(images[start : start + _CHUNK], labels[start : start + _CHUNK])
            place = np.s_[index, start : start + _CHUNK]
            digits[place], damaged[place] = draw(chunk, dataset, generator)
        if many:
            others[index] = strangers(many, images, generator).numpy()

    # Each rendition has its own source of chance, so that their order doesn't matter; torch lets
    # other threads run while it computes, and each of these has one core.
    at_once = torch.get_num_threads()
    try:
        with ThreadPoolExecutor(at_once, initializer=torch.set_num_threads, initargs=(1,)) as pens:
            for done, _ in enumerate(pens.map(draw_once, range(count)), start=1):
                say(f"drew {len(images):,} images anew: {done} of {count}")
    finally:
        torch.set_num_threads(at_once)
    for kept in (digits, damaged, others):
        kept.flush()


def draw(part: Part, dataset: str, generator: Generator) -> tuple[Tensor, Tensor]:
    """Draw each image of a part once anew: uint8 [N, 28, 28], and whether it is damaged, [N]."""
    ink = part.images.unsqueeze(1).float() / 255
    redrawn = AUGMENTATIONS[dataset](ink, 1.0, generator).clamp(0, 1)
    if dataset != "mnist":
        return _levels(redrawn), torch.zeros(len(ink), dtype=torch.bool)
    front = build_front("ink")
    ways = torch.multinomial(torch.tensor(_SHARES), len(ink), True, generator=generator)
    chosen = [ways == way for way in range(len(_SHARES))]
    result = part.images.clone()
    result[chosen[1]] = _levels(redrawn[chosen[1]])
    result[chosen[2]] = _levels(damage.damage(redrawn[chosen[2]], generator))
    result[chosen[3]] = pages.through(front, redrawn[chosen[3]], generator)
    result[chosen[4]] = pages.again(front, _levels(damage.damage(redrawn[chosen[4]], generator)))
    own = numerals.draw(part.labels[chosen[5]], generator)
    result[chosen[5]] = pages.through(front, own, generator)
    return result, chosen[2] | chosen[4]


def strangers(count: int, digits: Tensor, generator: Generator) -> Tensor:
    """Canvases without a digit, more than half of them through the front end, in random order."""
    seen = round(count * 0.55)
    ink = foreign.make(count - seen, digits, generator)
    ink = ink[torch.randperm(len(ink), generator=generator)]
    spoilt = damage.damage(ink[: len(ink) // 4], generator)
    # On larger pages more of them can be seen than on a canvas.
    fine = foreign.make(seen, digits, generator, side=_FINE)
    drawn = pages.through(build_front("ink"), fine, generator)
    all_ = torch.cat([_levels(spoilt), _levels(ink[len(ink) // 4 :]), drawn])
    return all_[torch.randperm(count, generator=generator)]


def _levels(ink: Tensor) -> Tensor:
    return grey_levels(ink).squeeze(1)
