"""NVIDIA GPUs, as the driver tells them; nothing but the driver's own library is needed."""

import ctypes
import re
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digits.shared_libraries import loads

DRIVER = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"

_KERNEL_MODULE = Path("/proc/driver/nvidia/version")

# Of cuDeviceGetAttribute (CUDA driver API, CUdevice_attribute).
_MAJOR, _MINOR = 75, 76
_LONGEST_NAME = 256


@dataclass(frozen=True)
class Gpu:
    """One GPU.

    Attributes:
        name: Its model.
        capability: Compute capability, "9.0" for example.
        memory: Bytes.
    """

    name: str
    capability: str
    memory: int

    def __str__(self) -> str:
        return f"{self.name}, compute capability {self.capability}, {self.memory / 2**30:.0f} GiB"


@dataclass(frozen=True)
class Driver:
    """What the driver says.

    Attributes:
        cuda: The newest CUDA that it runs, "13.0" for example; "unknown" if it doesn't say.
        gpus: Those it can use.
        error: Its error number; 0 if all is well.
        release: Its own version, "580.65.06" for example; None where that isn't told.
    """

    cuda: str
    gpus: tuple[Gpu, ...]
    error: int
    release: str | None = None


def ask_driver() -> Driver | None:
    """What NVIDIA's driver says; None where it can't be loaded."""
    if not loads(DRIVER):
        return None
    library = ctypes.CDLL(DRIVER)
    version = ctypes.c_int(0)
    # May be asked before the driver is initialised, which may fail.
    known = library.cuDriverGetVersion(ctypes.byref(version)) == 0
    cuda = f"{version.value // 1000}.{version.value % 1000 // 10}" if known else "unknown"
    count = ctypes.c_int(0)
    error = library.cuInit(0) or library.cuDeviceGetCount(ctypes.byref(count))
    gpus = () if error else tuple(_gpu(library, index) for index in range(count.value))
    return Driver(cuda, gpus, error, _release())


def _release() -> str | None:
    """What Linux says of the driver's part in the kernel."""
    with suppress(OSError):
        found = re.search(r"\s(\d+\.\d+[\d.]*)\s", _KERNEL_MODULE.read_text(errors="replace"))
        return found.group(1) if found else None
    return None


def _gpu(library: Any, index: int) -> Gpu:
    device = ctypes.c_int(0)
    library.cuDeviceGet(ctypes.byref(device), index)
    name = ctypes.create_string_buffer(_LONGEST_NAME)
    library.cuDeviceGetName(name, _LONGEST_NAME, device)
    major, minor = (_attribute(library, device, number) for number in (_MAJOR, _MINOR))
    memory = ctypes.c_size_t(0)
    library.cuDeviceTotalMem_v2(ctypes.byref(memory), device)
    return Gpu(name.value.decode(errors="replace"), f"{major}.{minor}", memory.value)


def _attribute(library: Any, device: ctypes.c_int, number: int) -> int:
    value = ctypes.c_int(0)
    library.cuDeviceGetAttribute(ctypes.byref(value), number, device)
    return value.value
