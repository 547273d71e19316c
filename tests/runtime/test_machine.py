"""What is told of a machine: from files that Linux has, and from a driver that is pretended."""

import ctypes
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from digits.machine import cudnn, gpu, limits, processor
from digits.machine.description import describe
from digits.machine.gpu import Driver, Gpu

X86 = """processor\t: 0
model name\t: AMD EPYC 9454
flags\t\t: fpu avx avx2 fma avx512f avx512_vnni

processor\t: 1
model name\t: another
flags\t\t: fpu
"""
RASPBERRY = """processor\t: 0
Features\t: fp asimd asimddp
CPU part\t: 0xd0b

Model\t\t: Raspberry Pi 5 Model B Rev 1.0
"""
GRAVITON = """processor\t: 0
Features\t: fp asimd sve i8mm
CPU implementer\t: 0x41
CPU part\t: 0xd40
"""


def test_this_machine() -> None:
    told = describe()
    assert 0 < told.cores <= os.cpu_count()
    assert told.memory > 100_000_000
    assert told.python.startswith("CPython 3.")
    assert all((told.system, told.architecture, told.processor))


@pytest.mark.parametrize(
    ("text", "model", "instructions"),
    [
        (X86, "AMD EPYC 9454", ("AVX", "AVX2", "FMA", "AVX512", "AVX512-VNNI")),
        (RASPBERRY, "Raspberry Pi 5 Model B Rev 1.0", ("NEON", "NEON-DOTPROD")),
        (GRAVITON, "ARM implementer 0x41, part 0xd40", ("NEON", "NEON-I8MM", "SVE")),
    ],
)
def test_processors(
    text: str, model: str, instructions: tuple, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpuinfo").write_text(text)
    monkeypatch.setattr(processor, "_CPUINFO", tmp_path / "cpuinfo")
    processor._cpuinfo.cache_clear()
    assert (processor.model_name(), processor.instruction_sets()) == (model, instructions)
    processor._cpuinfo.cache_clear()


@pytest.fixture
def container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for cgroups; the process is in /app/worker of version 2, or /app of version 1."""
    monkeypatch.setattr(limits, "_CGROUP", tmp_path)
    (tmp_path / "own").write_text("4:memory:/app\n3:cpu,cpuacct:/app\n0::/app/worker\n")
    monkeypatch.setattr(limits, "_OWN", tmp_path / "own")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    for folder in ("app/worker", "cpu/app", "memory/app"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({}, 8),
        ({"cpu.max": "max 100000"}, 8),
        ({"cpu.max": "150000 100000"}, 1.5),
        ({"app/cpu.max": "200000 100000", "app/worker/cpu.max": "max 100000"}, 2),
        ({"cpu/app/cpu.cfs_quota_us": "50000", "cpu/app/cpu.cfs_period_us": "100000"}, 0.5),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 8),
        ({"cpu.max": "rubbish"}, 8),
    ],
)
def test_cores_of_containers(container: Path, files: dict, cores: float) -> None:
    for name, text in files.items():
        (container / name).write_text(text)
    assert limits.cores_allowed() == cores


@pytest.mark.parametrize(("cores", "workers"), [(0.5, 1), (1.0, 1), (1.5, 2), (2.0, 2), (16.0, 16)])
def test_workers_of_containers(monkeypatch: pytest.MonkeyPatch, cores: float, workers: int) -> None:
    monkeypatch.setattr(limits, "cores_allowed", lambda: cores)
    assert limits.workers_allowed() == workers


@pytest.mark.parametrize("name", ["memory.max", "app/memory.max", "memory/memory.limit_in_bytes"])
def test_memory_of_containers(container: Path, name: str) -> None:
    whole = limits.memory_allowed()
    (container / name).write_text("64000000\n")
    assert limits.memory_allowed() == 64_000_000
    (container / name).write_text("max\n")
    assert limits.memory_allowed() == whole


class Library:
    """CUDA's driver of a machine with two GPUs."""

    def __init__(self, error: int = 0) -> None:
        self.error = error

    def cuDriverGetVersion(self, version: object) -> int:  # noqa: N802
        version._obj.value = 12_040
        return 0

    def cuInit(self, _: int) -> int:  # noqa: N802
        return self.error

    def cuDeviceGetCount(self, count: object) -> int:  # noqa: N802
        count._obj.value = 2
        return 0

    def cuDeviceGet(self, device: object, index: int) -> None:  # noqa: N802
        device._obj.value = index

    def cuDeviceGetName(self, name: object, _: int, device: object) -> None:  # noqa: N802
        name.value = b"NVIDIA H100" if device.value == 0 else b"Tesla T4"

    def cuDeviceTotalMem_v2(self, memory: object, device: object) -> None:  # noqa: N802
        memory._obj.value = (80 - 64 * device.value) * 2**30

    def cuDeviceGetAttribute(self, value: object, number: int, device: object) -> None:  # noqa: N802
        value._obj.value = {(75, 0): 9, (76, 0): 0, (75, 1): 7, (76, 1): 5}[number, device.value]


def test_what_the_driver_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "loads", lambda _: True)
    monkeypatch.setattr(gpu.ctypes, "CDLL", lambda _: Library())
    (tmp_path / "version").write_text(
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build\n"
        "GCC version:  gcc version 13.3.0\n"
    )
    monkeypatch.setattr(gpu, "_KERNEL_MODULE", tmp_path / "version")
    gpus = (Gpu("NVIDIA H100", "9.0", 80 * 2**30), Gpu("Tesla T4", "7.5", 16 * 2**30))
    assert gpu.ask_driver() == Driver("12.4", gpus, 0, "580.65.06")
    assert str(gpus[1]) == "Tesla T4, compute capability 7.5, 16 GiB"
    monkeypatch.setattr(gpu.ctypes, "CDLL", lambda _: Library(error=803))
    assert gpu.ask_driver() == Driver("12.4", (), 803, "580.65.06")
    monkeypatch.setattr(gpu, "_KERNEL_MODULE", tmp_path / "no")
    assert gpu.ask_driver().release is None


def test_no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "loads", lambda _: False)
    assert gpu.ask_driver() is None


def test_version_of_cudnn(monkeypatch: pytest.MonkeyPatch) -> None:
    class Tell:
        restype = None

        def __call__(self) -> int:
            assert self.restype is ctypes.c_size_t
            return 91_002

    monkeypatch.setattr(cudnn.ctypes, "CDLL", lambda _: SimpleNamespace(cudnnGetVersion=Tell()))
    assert cudnn.cudnn_version("libcudnn.so.9") == "9.10.2"
    monkeypatch.undo()
    assert cudnn.cudnn_version("libthere-is-no-such.so.9") is None
