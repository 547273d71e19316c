"""MNIST test digits as people's pictures: other pens, pages, light and damage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from digits_models import data
from digits_models.trials.made import Made, picture
from digits_models.trials.scenes import KINDS, QUALITY, Sitting

EACH = 200


def make(data_dir: Path | None, limit: int, seed: int) -> Iterator[Made]:
    """Make the set, `limit` images of each kind; 0: 200.

    Each picture has its own source of chance, so that the first ones don't depend on the limit.
    """
    images, labels = data.load("mnist", "test", data_dir)
    for kind, scene in KINDS.items():
        for number in range(limit or EACH):
            rng = np.random.default_rng([seed, number, *kind.encode()])
            index, other = rng.integers(len(images), size=2)
            drawn = scene(Sitting(images[index], images[other], rng))
            yield Made(picture(drawn), str(labels[index]), kind, QUALITY.get(kind))
