"""The memory of a program and all processes that it started, while they run."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
# Of /proc/PID/stat, counted from the process's name, which may hold anything.
_SESSION = 3


class Footprint:
    """Watches a session; what pages processes share is divided among them (PSS).

    Attributes:
        most: The most bytes that all had at once; 0 where the system doesn't tell.
    """

    def __init__(self) -> None:
        self.most = 0

    def watch(self, session: int) -> None:
        """Look once; the launcher, which leads the session, doesn't count."""
        total = sum(held(process) for process in _members(session) if process != session)
        self.most = max(self.most, total)


def _members(session: int) -> Iterator[int]:
    if not _PROC.is_dir():
        return
    for name in os.listdir(_PROC):  # noqa: PTH208
        if name.isdecimal():
            with suppress(OSError, IndexError, ValueError):
                text = (_PROC / name / "stat").read_text(errors="replace")
                if int(text.rpartition(")")[2].split()[_SESSION]) == session:
                    yield int(name)


def held(process: int) -> int:
    """Bytes that a process holds; 0 once it has ended."""
    with suppress(OSError, ValueError):
        for line in (_PROC / str(process) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return 1024 * int(line.split()[1])
    return 0
