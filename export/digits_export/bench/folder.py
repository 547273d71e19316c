"""A folder of canvases through a DataLoader: `ENGINE ARCH FOLDER LIMIT WORKERS`."""

import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from digits.bench.programs.telling import Clock
from digits_export.bench.network import network

_BATCH = 256


class Pictures(Dataset[Tensor]):
    """The files of a folder, in order: canvases uint8 [28, 28]; like torchvision's ImageFolder."""

    def __init__(self, folder: str, limit: int) -> None:
        self._files = sorted(Path(folder).iterdir())[:limit]

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, index: int) -> Tensor:
        with self._files[index].open("rb") as file:
            return torch.from_numpy(np.array(Image.open(file).convert("L")))


def main(engine: str, arch: str, folder: str, limit: str, workers: str) -> None:
    """Read up to `limit` files."""
    clock, labels = Clock(), []
    module = network(engine, arch)
    pictures = Pictures(folder, int(limit))
    with torch.inference_mode():
        for batch in DataLoader(pictures, _BATCH, num_workers=int(workers)):
            _, probabilities = module(batch)
            labels += probabilities.argmax(dim=1).tolist()
            clock.answered(len(batch))
    clock.tell()


if __name__ == "__main__":
    main(*sys.argv[1:])
