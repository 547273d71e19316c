"""The bare limit: processes that read, decode and classify, and nothing else.

No front end, no objects, no messages: `DECODER MODEL_FILE SIDE FOLDER PROCESSES BATCH LIMIT`.
DECODER is "opencv", "pillow", or "resize" (Pillow, decoded whole and resized to the canvas).
"""

import sys
import time
from collections.abc import Callable
from importlib import import_module
from io import BytesIO
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.bench.programs.loop import canvas
from digits.bench.programs.opened import with_onnxruntime
from digits.bench.programs.telling import tell

Decode = Callable[[str], NDArray[np.uint8]]


def main(
    decoder: str, model: str, side: str, folder: str, processes: str, batch: str, limit: str
) -> None:
    """Read up to `limit` files of a folder; the clock starts when all processes are ready."""
    count = int(processes)
    files = sorted(str(file) for file in Path(folder).iterdir())[: int(limit)]
    context, ends, workers = get_context("spawn"), [], []
    for place in range(count):
        here, there = context.Pipe()
        arguments = (there, decoder, model, int(side), files[place::count], int(batch))
        workers.append(context.Process(target=work, args=arguments, daemon=True))
        workers[-1].start()
        there.close()
        ends.append(here)
    for end in ends:
        end.recv()
    began = time.monotonic()
    for end in ends:
        end.send("go")
    images = sum(len(end.recv()) for end in ends)
    tell(marks=[(began, 0), (time.monotonic(), images)])


def work(
    end: Connection, decoder: str, model: str, side: int, files: list[str], batch: int
) -> None:
    """One process: decode and classify its share, send the labels."""
    classify, decode = with_onnxruntime(model, 1), decoder_of(decoder, side)
    if files:  # libraries are loaded and pages mapped before the clock starts
        classify(decode(files[0])[None])
    end.send("ready")
    end.recv()
    labels = bytearray()
    for start in range(0, len(files), batch):
        canvases = np.stack([decode(file) for file in files[start : start + batch]])
        labels += classify(canvases).argmax(axis=1).astype(np.uint8).tobytes()
    end.send(bytes(labels))


def decoder_of(name: str, side: int) -> Decode:
    """A function that reads and decodes one file to grey levels."""
    if name == "opencv":
        return _opencv()
    return _pillow if name == "pillow" else lambda file: canvas(Path(file), side)


def _opencv() -> Decode:
    cv2: Any = import_module("cv2")
    cv2.setNumThreads(1)

    def decode(file: str) -> NDArray[np.uint8]:
        with Path(file).open("rb", buffering=0) as stream:
            data = np.frombuffer(stream.read(), np.uint8)
        pixels: NDArray[np.uint8] = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
        return pixels

    return decode


def _pillow(file: str) -> NDArray[np.uint8]:
    from PIL import Image

    with Path(file).open("rb", buffering=0) as stream:
        return np.asarray(Image.open(BytesIO(stream.read())).convert("L"))


if __name__ == "__main__":
    main(*sys.argv[1:])
