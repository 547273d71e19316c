"""How much of a machine this process may use: what a container allows, not what the machine has."""

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")
_OWN = Path("/proc/self/cgroup")


def cores_allowed() -> float:
    """Cores that this process may use, by its affinity and the quota of its container."""
    cores = float(os.cpu_count() or 1)
    if hasattr(os, "sched_getaffinity"):
        cores = float(len(os.sched_getaffinity(0)))
    return min([cores, *_quotas()])


def workers_allowed() -> int:
    """Processes that keep those cores busy: two for one and a half."""
    return max(1, math.ceil(cores_allowed()))


def memory_allowed() -> int | None:
    """Bytes of memory, of the machine or, if that is less, of the container."""
    sizes = list(_memory_limits())
    with suppress(AttributeError, ValueError, OSError):  # Windows has no sysconf
        sizes.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    return min(sizes, default=None)


def _quotas() -> Iterator[float]:
    """Time on processors that cgroups allow in a period of time: version 2, then version 1."""
    for folder in _groups(""):
        words = _words(folder / "cpu.max")
        if len(words) == 2 and words[0].isdecimal() and int(words[1]):
            yield int(words[0]) / int(words[1])
    for folder in _groups("cpu"):
        quota, period = (_words(folder / f"cpu.cfs_{name}_us") for name in ("quota", "period"))
        if quota and period and int(quota[0]) > 0 and int(period[0]):
            yield int(quota[0]) / int(period[0])


def _memory_limits() -> Iterator[int]:
    files = [folder / "memory.max" for folder in _groups("")]
    files += [folder / "memory.limit_in_bytes" for folder in _groups("memory")]
    for file in files:
        words = _words(file)
        if words and words[0].isdecimal():
            yield int(words[0])


def _groups(controller: str) -> Iterator[Path]:
    """The folders of this process's group and those above it; in a container, just the root.

    Args:
        controller: Of version 1; empty for version 2.
    """
    root = _CGROUP / controller
    yield root
    with suppress(OSError):
        for line in _OWN.read_text().splitlines():
            _, names, path = line.split(":", 2)
            if names == controller or (controller and controller in names.split(",")):
                parts = Path(path.lstrip("/")).parts
                yield from (root.joinpath(*parts[: i + 1]) for i in range(len(parts)))


def _words(file: Path) -> list[str]:
    try:
        return file.read_text().split()
    except OSError:
        return []
