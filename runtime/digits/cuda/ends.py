"""The inputs and outputs of a session, as far as memory can be laid out for them beforehand."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_DTYPES = {
    "tensor(uint8)": np.uint8,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
    "tensor(float16)": np.float16,
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
}


class End(NamedTuple):
    """One input or output.

    Attributes:
        row: Its shape without the batch.
        dtype: Its numbers.
    """

    row: tuple[int, ...]
    dtype: Any

    def fits(self, array: NDArray[Any]) -> bool:
        """Whether an array is a batch of it."""
        return array.dtype == self.dtype and array.ndim > 0 and array.shape[1:] == self.row


Ends = Mapping[str, End]


def fixed_ends(nodes: Sequence[Any]) -> Ends | None:
    """Inputs or outputs by name; None if one has a size besides the batch that isn't fixed."""
    ends: dict[str, End] = {}
    for node in nodes:
        row = tuple(node.shape[1:])
        known = node.type in _DTYPES and all(isinstance(size, int) for size in row)
        # A fixed first size is no batch.
        if not known or not node.shape or isinstance(node.shape[0], int):
            return None
        ends[node.name] = End(row, np.dtype(_DTYPES[node.type]))
    return ends
