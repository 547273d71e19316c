"""What an export computes inside: its values, in order, whatever its format."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Value:
    """One value of a run.

    Attributes:
        name: The operation that gave it and its name or number; or the name of a constant.
        array: What it holds.
    """

    name: str
    array: NDArray[Any]


@dataclass(frozen=True)
class Values:
    """What an export computes for one input.

    Attributes:
        inner: Its constants, then all that it computes, each after what it is computed from.
        outputs: Its outputs by name.
    """

    inner: tuple[Value, ...]
    outputs: Mapping[str, NDArray[Any]]


class Inside(Protocol):
    """An export that tells all that it computes."""

    def run(self, pixels: NDArray[np.uint8]) -> Values:
        """All values for one input, uint8."""
        ...
