"""A worker process of `digits serve`: it is told what to do on stdin, and ends when that ends."""

import os
import pickle
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from threading import Thread

from digits.commands.tables import printable
from digits.errors import DigitsError
from digits.serve.settings import Settings

READY = b"ready\n"


@dataclass(frozen=True)
class Job:
    """What a worker is for.

    Attributes:
        settings: What it serves, and how.
        listener: The descriptor of its socket.
        memory: The descriptor of all workers' counters.
        row: Which of these are its own.
    """

    settings: Settings
    listener: int
    memory: int
    row: int


def main() -> None:
    """Serve until told to stop; the exit code says why that was."""
    for name in ("SIGINT", "SIGHUP"):  # Ctrl-C, and the end of a terminal, are for the parent
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    job: Job = pickle.load(sys.stdin.buffer)
    try:
        code = _serve(job)
    except DigitsError as error:
        print(f"digits serve: error: {printable(str(error))}", file=sys.stderr)
        code = error.exit_code
    sys.stderr.flush()
    os._exit(code)  # threads may still decode what nobody waits for


def _serve(job: Job) -> int:
    from digits.serve.board import Board
    from digits.serve.models import open_models

    board = Board(job.memory, job.row, job.settings.workers)
    models = open_models(job.settings, board)
    from digits.serve.server import Server

    server = Server(job.settings, models, board, _say_ready)
    server.signals = (signal.SIGTERM,)
    _when_parent_ends(lambda: server.stop(signal.SIGTERM))
    server.serve_on([socket.socket(fileno=job.listener)])
    return 0


def _say_ready() -> None:
    sys.stdout.buffer.write(READY)
    sys.stdout.buffer.flush()


def _when_parent_ends(stop: Callable[[], None]) -> None:
    """Nobody would end us any more."""

    def wait() -> None:
        sys.stdin.buffer.read()
        stop()

    Thread(target=wait, daemon=True).start()
