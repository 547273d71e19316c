"""The sets, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from digits_models.trials import mnist_c, not_digits, rerendered
from digits_models.trials.made import Made

#: From the folder of the data sets, how many of each kind (0: as many as the set has by default),
#: and a seed.
SETS: dict[str, Callable[[Path | None, int, int], Iterator[Made]]] = {
    "mnist-c": mnist_c.make,
    "rerendered": rerendered.make,
    "not-digits": not_digits.make,
}
