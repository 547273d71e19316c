"""Memory that a GPU reads directly, without the driver copying it to its own first."""

import ctypes
import mmap
import weakref
from contextlib import suppress
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.machine.gpu import DRIVER

# Less than this the driver takes along with the command, wherever it lies.
_SMALLEST = 64 << 10


def staging(shape: tuple[int, ...], dtype: Any, *, pinned: bool) -> NDArray[Any]:
    """An array of zeros to gather a batch in.

    Args:
        shape: Its shape.
        dtype: Its numbers.
        pinned: Page-lock it for the current CUDA context, where that helps; it stays ordinary
            memory, and as good but slower, where CUDA refuses.
    """
    size = prod(shape) * np.dtype(dtype).itemsize
    if not pinned or size < _SMALLEST:
        return np.zeros(shape, dtype)
    # Page-aligned, so that no other array's memory is locked along with it.
    memory = np.frombuffer(mmap.mmap(-1, size), np.uint8)
    with suppress(OSError, AttributeError):  # no driver, or one without these functions
        _page_lock(memory, ctypes.CDLL(DRIVER))
    array: NDArray[Any] = memory.view(dtype).reshape(shape)
    return array


def _page_lock(memory: NDArray[np.uint8], driver: Any) -> bool:
    """Lock memory until it is collected: cuMemHostRegister of the CUDA driver API."""
    address, size = ctypes.c_void_p(memory.ctypes.data), ctypes.c_size_t(memory.nbytes)
    if driver.cuMemHostRegister_v2(address, size, ctypes.c_uint(0)):
        return False
    unlock = weakref.finalize(memory, driver.cuMemHostUnregister, address)
    unlock.atexit = False  # the driver may be gone by then, and the memory goes anyway
    return True
