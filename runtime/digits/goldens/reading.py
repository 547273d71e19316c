"""Reading the goldens of a bundle that a stranger may have made: every array is checked first."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digits.arrays import Arrays, read_arrays
from digits.bundle import GOLDENS, Bundle
from digits.errors import ModelError
from digits.images import READING_AREA
from digits.manifest import Manifest

# Real ones have less than one; the canvases of large networks some.
_LARGEST = 256_000_000
_FILE = re.compile(r"(image_\d+)_(file|lossy)_([a-z0-9_]+?)")
_SHIFT = "_shift"


@dataclass(frozen=True, eq=False)
class File:
    """A golden image as an image file.

    Attributes:
        name: Of its array, "image_3_file_png_palette" for example.
        form: Format and variety, "png_palette" for example.
        data: Its contents.
        lossy: Whether it holds the pixels only nearly.
        shift: By how much that changes float64's probabilities, rounded up.
    """

    name: str
    form: str
    data: bytes
    lossy: bool
    shift: float


@dataclass(frozen=True, eq=False)
class GoldenImage:
    """An image, what the front end makes of it in float64, and the classifier's answer to that.

    Attributes:
        name: Of its array, "image_3" for example.
        pixels: RGB, uint8 [H, W, 3].
        canvas: uint8, of the shape in the manifest.
        box: float64 [4].
        evidence: float64 [E].
        probabilities: float64 [labels].
        files: The same image as files.
    """

    name: str
    pixels: NDArray[np.uint8]
    canvas: NDArray[np.uint8]
    box: NDArray[np.float64]
    evidence: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    files: tuple[File, ...]


@dataclass(frozen=True, eq=False)
class Goldens:
    """Inputs and the trained network's answers in float64.

    Attributes:
        canvases: uint8 [N, …].
        logits: float64 [N, labels].
        probabilities: float64 [N, labels].
        images: Images for the front end.
    """

    canvases: NDArray[np.uint8]
    logits: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    images: tuple[GoldenImage, ...]


def read_goldens(bundle: Bundle, images: int | None = None) -> Goldens:
    """Read and check the goldens of a bundle.

    Args:
        bundle: The checked bundle.
        images: Read only this many images, and no files: for those in a hurry.

    Raises:
        ModelError: There are none, they can't be read, or an array isn't what it should be; the
            message names it.
    """
    place = bundle.directory / GOLDENS
    record = bundle.manifest.files.get(GOLDENS)
    if record is not None and record.bytes > _LARGEST:
        raise ModelError(f"{place}: has {record.bytes} bytes, too many: export the model again")
    try:
        wanted = None if images is None else (lambda name: _is_quick(name, images))
        arrays = {**read_arrays(bundle.read(GOLDENS), wanted), **_own(bundle)}
        return _Reader(arrays, bundle.manifest).goldens(images)
    except KeyError as error:
        raise ModelError(f"{place}: {error} is missing: export the model again") from error
    except ValueError as error:
        raise ModelError(f"{place}: {error}: export the model again") from error


def _own(bundle: Bundle) -> Arrays:
    """A variant's own answers, where it is held against them."""
    own = bundle.manifest.variants[bundle.variant].goldens if bundle.variant else None
    return {} if own is None else read_arrays(bundle.read(own))


def _is_quick(name: str, images: int) -> bool:
    """Whether it is one of the first images or no image's, and no file."""
    parts = name.split("_")
    if parts[0] != "image" or len(parts) < 2:
        return True
    return parts[1].isdecimal() and int(parts[1]) < images and not _FILE.match(name)


class _Reader:
    def __init__(self, arrays: Arrays, manifest: Manifest) -> None:
        self._arrays = arrays
        self._manifest = manifest

    def goldens(self, images: int | None) -> Goldens:
        canvases = self._canvases()
        count = len(canvases)
        names = [f"image_{i}" for i in range(self._count(images))]
        files = {} if images is not None else self._files(set(names))
        return Goldens(
            canvases=canvases,
            logits=self._numbers("logits", (count, len(self._manifest.labels))),
            probabilities=self._numbers("probabilities", (count, len(self._manifest.labels))),
            images=tuple(self._image(name, files.get(name, ())) for name in names),
        )

    def _count(self, most: int | None) -> int:
        found = sum(re.fullmatch(r"image_\d+", name) is not None for name in self._arrays)
        return found if most is None else min(found, most)

    def _canvases(self) -> NDArray[np.uint8]:
        canvases, shape = self._arrays["canvas"], self._manifest.canvas_shape
        if canvases.dtype != np.uint8 or canvases.shape[1:] != shape or not canvases.ndim:
            raise ValueError(
                f"canvases are {canvases.dtype} {list(canvases.shape)}, "
                f"the manifest says uint8 {['N', *shape]}"
            )
        return canvases.astype(np.uint8, copy=False)

    def _image(self, name: str, files: Iterable[File]) -> GoldenImage:
        evidence = len(self._manifest.evidence)
        return GoldenImage(
            name=name,
            pixels=self._pixels(name),
            canvas=self._bytes(f"{name}_canvas", self._manifest.canvas_shape),
            box=self._numbers(f"{name}_box", (4,)),
            evidence=self._numbers(f"{name}_evidence", (evidence,)),
            probabilities=self._numbers(f"{name}_probabilities", (len(self._manifest.labels),)),
            files=tuple(files),
        )

    def _pixels(self, name: str) -> NDArray[np.uint8]:
        shape = self._arrays[name].shape
        if len(shape) != 3 or shape[2] != 3 or 0 in shape:
            raise ValueError(f"{name} has the shape {list(shape)}, which is no image")
        if shape[0] * shape[1] > READING_AREA:
            raise ValueError(f"{name} has more than {READING_AREA} pixels")
        return self._bytes(name, shape)

    def _files(self, images: set[str]) -> Mapping[str, list[File]]:
        found: dict[str, list[File]] = {}
        for name in sorted(self._arrays):
            match = _FILE.fullmatch(name)
            if match is None:
                continue
            if name.endswith(_SHIFT):
                self._check_shift(name)
                continue
            image, kind, form = match.groups()
            if image not in images:
                raise ValueError(f"{name} is a file of {image}, which isn't there")
            found.setdefault(image, []).append(self._file(name, form, lossy=kind == "lossy"))
        return found

    def _check_shift(self, name: str) -> None:
        if name.removesuffix(_SHIFT) not in self._arrays:
            raise ValueError(f"{name} is the shift of no file")

    def _file(self, name: str, form: str, *, lossy: bool) -> File:
        array = self._arrays[name]
        if array.dtype != np.uint8 or array.ndim != 1 or not array.size:
            raise ValueError(f"{name} is {array.dtype} {list(array.shape)}, not a file's bytes")
        shift = float(self._numbers(name + _SHIFT, ())) if lossy else 0.0
        if shift < 0:
            raise ValueError(f"{name}{_SHIFT} is {shift:g}, below 0")
        return File(name, form, array.tobytes(), lossy, shift)

    def _bytes(self, name: str, shape: tuple[int, ...]) -> NDArray[np.uint8]:
        array = self._arrays[name]
        if array.dtype != np.uint8 or array.shape != shape:
            raise ValueError(_other(name, array, f"uint8 {list(shape)}"))
        return array.astype(np.uint8, copy=False)

    def _numbers(self, name: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
        array = self._arrays[name]
        if array.dtype.kind not in "fiu" or array.shape != shape:
            raise ValueError(_other(name, array, f"numbers {list(shape)}"))
        numbers = array.astype(np.float64)
        if not np.isfinite(numbers).all():
            raise ValueError(f"{name} holds NaN or infinity")
        return numbers


def _other(name: str, array: NDArray[np.generic], expected: str) -> str:
    return f"{name} is {array.dtype} {list(array.shape)}, not {expected}"
