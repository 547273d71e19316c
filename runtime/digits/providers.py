"""Which execution providers this machine really has, and what is missing for the others."""

import contextlib
import io
import re
import sys
import warnings
from collections.abc import Iterator
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from digits.errors import MissingExtraError, ProviderError, UsageError
from digits.extras import pip
from digits.shared_libraries import loads, needed

CUDA = "CUDAExecutionProvider"
CPU = "CPUExecutionProvider"

_CPU_WHEEL = "onnxruntime"
GPU_WHEEL = "onnxruntime-gpu"
_PIP = pip()
_INSTALL_GPU = f"{_PIP} install 'digits-edge[gpu]'"
_TO_GPU = f"{_PIP} uninstall -y onnxruntime && {_INSTALL_GPU}"
_BOTH_WHEELS = (
    "onnxruntime and onnxruntime-gpu are both installed and overwrite each other's files: run: "
    f"{_PIP} uninstall -y onnxruntime onnxruntime-gpu && {_INSTALL_GPU}"
)
# Loaded when the first convolution runs, not when the CUDA provider is, so no library lists it.
CUDNN = "libcudnn.so.9"


class Provider(StrEnum):
    """What a caller can ask for."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


class Choice(NamedTuple):
    """What a request for a provider led to.

    Attributes:
        provider: Where the classifier runs: CPU or CUDA.
        note: One line for people, if something is not as they may expect: why `auto` is not on CUDA
            although CUDA's wheel is installed, or that two wheels overwrite each other.
    """

    provider: Provider
    note: str | None = None


def parse_provider(name: str) -> Provider:
    """The provider of that name.

    Raises:
        UsageError: There is none; the message lists those there are.
    """
    try:
        return Provider(name)
    except ValueError as error:
        known = ", ".join(Provider)
        raise UsageError(f"unknown provider {name!r}: the providers are {known}") from error


def load_onnxruntime() -> ModuleType:
    """Import ONNX Runtime.

    Raises:
        MissingExtraError: No wheel of it is installed.
        ProviderError: It is installed, but can't be imported.
    """
    if find_spec("onnxruntime") is None:
        raise MissingExtraError(
            f"onnxruntime isn't installed: run: {_PIP} install 'digits-edge[cpu]' "
            f"(with an NVIDIA GPU: {_INSTALL_GPU})"
        )
    try:
        import onnxruntime
    except ImportError as error:
        raise ProviderError(_broken(str(error))) from error
    if not hasattr(onnxruntime, "InferenceSession"):  # what one wheel's removal leaves of the other
        raise ProviderError(_broken("files are missing"))
    module: ModuleType = onnxruntime
    return module


def _broken(reason: str) -> str:
    wheels = installed_wheels() or [_CPU_WHEEL]
    extra = "gpu" if GPU_WHEEL in wheels else "cpu"
    return (
        f"onnxruntime can't be imported ({reason}): run: {_PIP} uninstall -y {' '.join(wheels)} "
        f"&& {_PIP} install 'digits-edge[{extra}]'"
    )


def installed_wheels() -> list[str]:
    """Which of ONNX Runtime's two wheels are installed in the place that it is imported from.

    Two wheels can overwrite each other's files only there. (`importlib.metadata` looks everywhere,
    and its import alone takes a tenth of a command's time.)
    """
    spec = find_spec("onnxruntime")
    if spec is None or spec.origin is None:
        return []
    place = Path(spec.origin).parent.parent
    names = {info.name.split("-")[0].replace("_", "-") for info in place.glob("onnxruntime*-info")}
    return [name for name in (_CPU_WHEEL, GPU_WHEEL) if name in names]


def choose(wanted: Provider) -> Choice:
    """Settle where the classifier runs, before anything is opened there.

    Raises:
        ProviderError: CUDA is wanted and can't be had; the message names the missing piece and the
            command that mends it.
    """
    wheels = installed_wheels()
    note = _BOTH_WHEELS if len(wheels) > 1 else None
    if wanted is Provider.CPU:
        return Choice(Provider.CPU, note)
    problem = cuda_problem(wheels)
    if problem is None:
        return Choice(Provider.CUDA, note)
    if wanted is Provider.CUDA:
        raise ProviderError(f"no CUDA: {problem}")
    if GPU_WHEEL in wheels:
        note = note or f"running on the CPU, no CUDA: {problem}"
    return Choice(Provider.CPU, note)


def cuda_problem(wheels: list[str]) -> str | None:
    """The first piece that CUDA misses on this machine, and what mends it; None if all is there."""
    return next(cuda_problems(wheels), None)


def cuda_problems(wheels: list[str]) -> Iterator[str]:
    """Every piece that CUDA misses on this machine, and what mends it."""
    wheel = _wheel_problem(wheels)
    if wheel is not None:
        yield wheel
    driver = _driver_problem()
    if driver is not None:
        yield driver
    if wheel is None:  # the other wheel's libraries aren't known
        yield from _library_problems()
        if driver is None:
            yield from _age_problem()


def _wheel_problem(wheels: list[str]) -> str | None:
    if CUDA in load_onnxruntime().get_available_providers():
        return None
    if sys.platform == "darwin":
        return "there is no CUDA on macOS: use --provider cpu"
    if len(wheels) > 1:
        return _BOTH_WHEELS
    if wheels == [_CPU_WHEEL]:
        return f"onnxruntime is the CPU-only wheel: run: {_TO_GPU}"
    return f"this build of onnxruntime has no CUDA provider: run: {_INSTALL_GPU}"


def _driver_problem() -> str | None:
    # Here, since only machines that may have CUDA come here.
    from digits.machine.gpu import DRIVER, ask_driver

    driver = ask_driver()
    if driver is None:
        return (
            f"the NVIDIA driver is missing ({DRIVER} can't be loaded): where "
            "there is such a GPU, install it "
            "(Ubuntu: sudo ubuntu-drivers install; in a container: docker run --gpus all)"
        )
    if driver.error or not driver.gpus:
        return (
            f"the NVIDIA driver finds no GPU it can use (CUDA error {driver.error}): "
            "run nvidia-smi, which says why, and look at CUDA_VISIBLE_DEVICES"
        )
    return None


def _library_problems() -> Iterator[str]:
    """The libraries that ONNX Runtime's CUDA provider needs and the loader doesn't find."""
    if sys.platform != "linux":
        return
    from digits.machine.gpu import DRIVER

    for name, found in cuda_library_names().items():
        if not found and name != DRIVER:
            package = "nvidia-curand" if name.startswith("libcurand") else "digits-edge[gpu]"
            yield f"{name} can't be loaded: run: {_PIP} install '{package}'"
    if not cuda_libraries(load_onnxruntime()):
        cure = f"{_PIP} install --force-reinstall {GPU_WHEEL}"
        yield f"onnxruntime-gpu has lost its CUDA library: run: {cure}"


def _age_problem() -> Iterator[str]:
    """A driver that is older than the CUDA that this wheel was built for."""
    from digits.machine.gpu import ask_driver

    driver = ask_driver()
    needed = _cuda_major(cuda_libraries(load_onnxruntime()))
    if driver is None or needed is None:
        return
    newest = driver.cuda.partition(".")[0]
    if newest.isdecimal() and int(newest) < needed:
        yield (
            f"the NVIDIA driver runs CUDA {driver.cuda} at most, this onnxruntime-gpu needs "
            f"{needed}: upgrade the driver (Ubuntu: sudo ubuntu-drivers install)"
        )


def _cuda_major(libraries: list[str]) -> int | None:
    """The CUDA that libraries belong to: cuBLAS carries its version."""
    found = (re.fullmatch(r"libcublas(?:Lt)?\.so\.(\d+)", name) for name in libraries)
    return next((int(match.group(1)) for match in found if match), None)


def cuda_library_names() -> dict[str, bool]:
    """The libraries that ONNX Runtime's CUDA provider needs, and whether the loader finds them."""
    runtime = load_onnxruntime()
    preload(runtime)
    libraries = cuda_libraries(runtime)
    return {name: loads(name) for name in (*libraries, CUDNN)} if libraries else {}


def cuda_libraries(runtime: ModuleType) -> list[str]:
    """The libraries that ONNX Runtime's CUDA provider is linked against; none without it."""
    library = Path(runtime.__file__ or "").parent / "capi" / "libonnxruntime_providers_cuda.so"
    return needed(library) if library.exists() else []


def preload(runtime: ModuleType) -> None:
    """Load CUDA's and cuDNN's libraries from the nvidia wheels, where the loader doesn't look."""
    if not hasattr(runtime, "preload_dlls"):  # before 1.21
        return
    # It prints what it doesn't find; the checks that follow say it better.
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(action="ignore"):
        runtime.preload_dlls()
