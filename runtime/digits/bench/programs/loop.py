"""What most wrappers do: open with Pillow, resize, one run for each image, no front end.

`ENGINE MODEL_FILE SIDE FOLDER LIMIT`; SIDE is that of the canvas, LIMIT how many files to read.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digits.bench.programs.opened import OPENERS
from digits.bench.programs.telling import Clock


def main(engine: str, model: str, side: str, folder: str, limit: str) -> None:
    """Read up to `limit` files of a folder."""
    clock, labels = Clock(), []
    classify = OPENERS[engine](model)
    files = sorted(Path(folder).iterdir())[: int(limit)]
    for file in files:
        labels.append(int(classify(canvas(file, int(side))[None]).argmax()))
        clock.answered(1)
    clock.tell()


def canvas(file: Path, side: int) -> NDArray[np.uint8]:
    """A file, decoded whole and resized: uint8 [side, side]."""
    with Image.open(file) as image:
        grey = image.convert("RGB").resize((side, side)).convert("L")
    return np.asarray(grey)


if __name__ == "__main__":
    main(*sys.argv[1:])
