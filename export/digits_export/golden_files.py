"""Some golden images as encoded files, to hold a device's decoders against their pixels."""

from collections.abc import Iterator
from importlib import resources
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digits_export.inputs import sample_files

_SUFFIX = ".png"
_LOSSY = "lossy_"


class GoldenFile(NamedTuple):
    """An encoded golden image.

    Attributes:
        image: Which of the golden images it shows.
        form: What it is: "file_png_palette" holds the pixels exactly, "lossy_jpeg" nearly.
        data: Its contents, uint8 [bytes].
    """

    image: int
    form: str
    data: NDArray[np.uint8]

    @property
    def lossy(self) -> bool:
        """Whether it holds the pixels only nearly."""
        return self.form.startswith(_LOSSY)


def golden_files() -> Iterator[GoldenFile]:
    """All encoded golden images, in the order of their names."""
    folder = resources.files("digits_export") / "golden_images" / "encoded"
    images = [name.removesuffix(_SUFFIX) for name in sample_files()]
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        stem, form, _ = file.name.split(".")
        data = np.frombuffer(file.read_bytes(), np.uint8)
        yield GoldenFile(images.index(stem), form, data)
