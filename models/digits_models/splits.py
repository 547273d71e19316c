"""The data of a training: what is learnt from, what chooses, and what is looked at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from digits.errors import InputError
from digits_models import data

#: Every twelfth pair of training images chooses between checkpoints and is never learnt from:
#: 5,000 of 60,000, the same for every seed. Pairs, because MNIST alternates between two groups of
#: writers: every twelfth image would be of the easy group, on which networks err a third as often.
HELD_OUT_EVERY = 12

DESCRIPTION = f"every {HELD_OUT_EVERY}th pair of training images held out for validation"


@dataclass(frozen=True)
class Part:
    """Images uint8 [N, 28, 28] and labels int64 [N], on one device."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


def training_and_validation(
    dataset: str, data_dir: Path | None, limit: int, device: torch.device
) -> tuple[Part, Part]:
    """Load the training set and split it; a limit above 0 cuts each part.

    Raises:
        InputError: The data set can't be had, or is too small to hold anything out.
    """
    images, labels = data.load(dataset, "train", data_dir)
    held_out = np.arange(len(labels)) // 2 % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
    if not held_out.any():
        raise InputError(
            f"{data.directory(data_dir)}: {len(labels)} training images of {dataset} are too few; "
            f"at least {2 * HELD_OUT_EVERY} are needed"
        )
    training = _part(images[~held_out], labels[~held_out], limit, device)
    return training, _part(images[held_out], labels[held_out], limit, device)


def test(dataset: str, data_dir: Path | None, limit: int, device: torch.device) -> Part:
    """Load the test set, which must not choose anything."""
    return _part(*data.load(dataset, "test", data_dir), limit, device)


def _part(
    images: np.typing.NDArray[np.uint8],
    labels: np.typing.NDArray[np.int64],
    limit: int,
    device: torch.device,
) -> Part:
    stop = limit or len(labels)
    return Part(
        torch.from_numpy(images[:stop]).to(device), torch.from_numpy(labels[:stop]).to(device)
    )
