"""A server under load: `WAY MODEL FOLDER CONNECTIONS SECONDS`; its figures are told.

The way is "digits" for `digits serve`, or one of `digits.bench.programs.plain_server`. The server
runs in processes of its own, and what they hold is told at the beginning of the load and at its
end: with 600 seconds, whether it stays the same.
"""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from digits.bench.child import ChildError
from digits.bench.footprint import held
from digits.bench.programs.http_load import Request, load, requests_of
from digits.bench.programs.telling import tell

OURS = "digits"
_PATIENCE = 60.0
_BETWEEN = 0.05


def main(way: str, model: str, folder: str, connections: str, seconds: str) -> None:
    """Measure one server."""
    port = _free_port()
    with _running(_command(way, model, port), port) as server:
        requests = requests_of(Path(folder), model, f"127.0.0.1:{port}")
        tell(**_figures(server, requests, port, int(connections), float(seconds)))


def _figures(
    server: int, requests: list[Request], port: int, connections: int, seconds: float
) -> dict[str, float]:
    """What the load finds, and what the server takes for it."""
    began: dict[str, float] = {}

    def warm() -> None:
        began.update(cpu=_processor_time(server), memory=_memory(server))

    figures = asyncio.run(load(requests, port, connections, seconds, warm))
    spent = _processor_time(server) - began["cpu"]
    answered = max(1.0, figures["rate"] * seconds)
    return {
        **figures,
        "cpu": 1e6 * spent / answered,
        "memory": _memory(server) / 1e6,
        "memory before": began["memory"] / 1e6,
    }


def _command(way: str, model: str, port: int) -> Sequence[str]:
    if way == OURS:
        serve = ["serve", "--provider", "cpu", "--model", model, "--port", str(port)]
        return [sys.executable, "-P", "-m", "digits", *serve]
    module = "digits.bench.programs.plain_server"
    return [sys.executable, "-P", "-m", module, way, model, str(port)]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _running(command: Sequence[str], port: int) -> Iterator[int]:
    process = subprocess.Popen(command)
    try:
        _wait(process, port)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(_BETWEEN)
    raise ChildError("the server doesn't start")


def _family(process: int) -> list[int]:
    """A process and all that it started."""
    found = [process]
    with suppress(OSError):
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        for child in children:
            found += _family(int(child))
    return found


def _memory(server: int) -> int:
    return sum(map(held, _family(server)))


def _processor_time(server: int) -> float:
    """Seconds that its processes have used; those that ended aren't counted."""
    ticks = 0
    for process in _family(server):
        with suppress(OSError):
            words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            ticks += int(words[11]) + int(words[12])
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main(*sys.argv[1:])
