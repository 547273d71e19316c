"""What a provider has on this machine, what it lacks, and whether it really answers."""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from digits.bundle import DEFAULT
from digits.classifier import Classifier
from digits.errors import DigitsError
from digits.goldens.startup import prove
from digits.machine.cudnn import cudnn_version
from digits.machine.description import Machine
from digits.machine.gpu import ask_driver
from digits.providers import (
    CUDNN,
    Provider,
    choose,
    cuda_library_names,
    cuda_problems,
    installed_wheels,
    load_onnxruntime,
)


@dataclass(frozen=True)
class Diagnosis:
    """One provider on this machine.

    Attributes:
        works: Whether it answered the default model's goldens as the trained network did.
        has: What is there for it.
        lacks: What is missing, or wrong, each with the command that mends it.
        problem: The error that it ended in, if it did.
    """

    works: bool
    has: dict[str, str]
    lacks: list[str]
    problem: DigitsError | None = None


def diagnose_cpu(machine: Machine) -> Diagnosis:
    """What the CPU has; the run is a real one."""
    has = {
        "processor": f"{machine.processor} ({machine.architecture})",
        "instructions": ", ".join(machine.instructions) or "unknown",
        "cores": f"{machine.cores:g}",
        "memory": _gibibytes(machine.memory),
    }
    return _tried(Provider.CPU, has, _both_wheels)


def diagnose_cuda() -> Diagnosis:
    """What CUDA has; a run is tried if nothing is missing."""
    has = _driver() | _libraries()
    return _tried(Provider.CUDA, has, lambda: list(cuda_problems(installed_wheels())))


def _tried(provider: Provider, has: dict[str, str], look: Callable[[], list[str]]) -> Diagnosis:
    try:
        load_onnxruntime()
        lacks = look()
        if lacks and provider is Provider.CUDA:
            return Diagnosis(works=False, has=has, lacks=lacks)
        has["goldens"] = _answers(provider)
    except DigitsError as error:
        return Diagnosis(works=False, has=has, lacks=[str(error)], problem=error)
    return Diagnosis(works=True, has=has, lacks=lacks)


def _answers(provider: Provider) -> str:
    start = perf_counter()
    classifier = Classifier.load(DEFAULT, provider)
    opened = perf_counter()
    outputs = len(prove(classifier))
    took = f"opened in {opened - start:.2f} s, answered in {perf_counter() - opened:.3f} s"
    return f"{outputs} outputs of {DEFAULT} as the trained network's ({took})"


def _both_wheels() -> list[str]:
    note = choose(Provider.CPU).note
    return [note] if note else []


def _driver() -> dict[str, str]:
    driver = ask_driver()
    if driver is None:
        return {}
    told = {"driver": f"{driver.release or 'version unknown'}, runs CUDA up to {driver.cuda}"}
    return told | {f"GPU {i}": str(gpu) for i, gpu in enumerate(driver.gpus)}


def _libraries() -> dict[str, str]:
    """What of CUDA's libraries the loader finds, where the wheel says which it needs."""
    try:
        names = cuda_library_names()
    except DigitsError:
        return {}
    found = [name for name, there in names.items() if there and name.startswith("libcu")]
    told = {"libraries": ", ".join(found)} if found else {}
    version = cudnn_version(CUDNN) if CUDNN in found else None
    return told | ({"cuDNN": version} if version else {})


def _gibibytes(size: int | None) -> str:
    return "unknown" if size is None else f"{size / 2**30:.1f} GiB"
