"""What the teacher says about every rendition, asked once and kept beside the pool."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch
from numpy.lib.format import open_memmap
from numpy.typing import NDArray
from torch import Tensor

from digits.errors import ModelError, OutputError
from digits_models import weights
from digits_models.history import say
from digits_models.renditions.pool import Pool

#: The architecture of all teachers.
TEACHER = "teacher"

_AT_ONCE = 500


def load(dataset: str) -> weights.Trained:
    """Return the teacher of a data set, which comes with the package.

    Raises:
        ModelError: There is none.
    """
    file = weights.SHIPPED / f"{TEACHER}-{dataset}.safetensors"
    if not file.is_file():
        raise ModelError(
            f"no teacher of {dataset} comes with the package: run `digits train --arch {TEACHER} "
            f"--dataset {dataset}` and give its weights to digits_models.teaching.ship"
        )
    return weights.load(TEACHER, file)


def ship(file: Path) -> None:
    """Put a trained teacher among the weights that come with the package, in half precision.

    It halves what every installation carries, and moves answers less than advice is rounded.

    Raises:
        ModelError: The file holds no teacher, or not the record of its training.
        OutputError: It can't be written.
    """
    teacher = weights.load(TEACHER, file)
    dataset = teacher.record.get("dataset")
    if dataset is None:
        raise ModelError(f"{file} doesn't say what it was trained on: give what digits train wrote")
    half = teacher.network.half()
    weights.save(weights.SHIPPED / f"{TEACHER}-{dataset}.safetensors", half, teacher.record)


def answers(dataset: str, drawn: Pool) -> NDArray[np.float16]:
    """The teacher's logits for all renditions of a pool, calibrated, [R, N, 10].

    Raises:
        ModelError: There is no teacher for this data set.
        OutputError: The answers can't be kept.
    """
    teacher = load(dataset)
    file = drawn.folder / f"teacher-{teacher.digest[:12]}.npy"
    if not file.is_file():
        # Several trainings may ask at once; each writes its own draft.
        draft = file.with_suffix(f".{os.getpid()}.draft")
        _ask(teacher, drawn, draft)
        draft.replace(file)
    found: NDArray[np.float16] = np.load(file, mmap_mode="r")
    return found


@torch.no_grad()
def _ask(teacher: weights.Trained, drawn: Pool, file: Path) -> None:
    network = teacher.network.to(memory_format=torch.channels_last)
    prepare = teacher.architecture.prepare()

    def answer(canvases: Tensor) -> Tensor:
        # Advice needs no more digits than this, and it is asked for a million canvases.
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(prepare(canvases))
        return logits.float() / teacher.temperature  # type: ignore[no-any-return]

    count, images = drawn.digits.shape[:2]
    try:
        logits = open_memmap(file, "w+", np.float16, (count, images, 10))
    except OSError as error:
        raise OutputError(f"{file} can't be written: {error.strerror or error}") from error
    for turn in range(count):
        say(f"asking the teacher about {images:,} images: {turn + 1} of {count}")
        for start in range(0, images, _AT_ONCE):
            batch = torch.from_numpy(np.array(drawn.digits[turn, start : start + _AT_ONCE]))
            logits[turn, start : start + _AT_ONCE] = answer(batch).half().numpy()
    logits.flush()
