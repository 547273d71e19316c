"""The programs `digits`, `digits-export` and `digits-infer`: commands in a process of their own.

Settings of the whole process stand here and nowhere else, since an app that embeds the runtime, or
calls `digits.cli`, has its own. Together they save a tenth of the time that one image takes.
"""

import ctypes
import gc
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from digits import cli

_M_ARENA_MAX = -8  # of glibc's malloc.h
# Starting makes some hundred thousand objects that stay. Python would look for garbage among them
# after every 700.
_OBJECTS_BETWEEN_COLLECTIONS = 10_000


def digits() -> NoReturn:
    """Run `digits`."""
    _run(cli.main)


def digits_export() -> NoReturn:
    """Run `digits-export`."""
    _run(cli.export)


def digits_infer() -> NoReturn:
    """Run `digits-infer`."""
    _run(cli.infer)


def _run(command: Callable[[], int]) -> NoReturn:
    """Run a command and end the process with its exit code."""
    # Read when numpy is imported. No command multiplies matrices with numpy, and the threads that
    # it would start for that spin while they wait.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Read when ONNX Runtime is imported. Since 1.29 it gives the device an identifier and
    # reports to Microsoft what is opened, with threads and a data base of its own.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    _keep_one_heap()
    _end_in_order()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    code = command()
    # At its end, Python would look through all that is still there again. Triton, which torch
    # loads, takes what isn't looked through for a leak and prints pages about it.
    if "triton" not in sys.modules:
        gc.freeze()
    sys.exit(code)


def _end_in_order() -> None:
    """Let what is asked to end take its unfinished files and its workers with it."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, lambda number, _: sys.exit(128 + number))


def _keep_one_heap() -> None:
    """Give threads the heap of the first instead of one for each: 5 MB less for one image."""
    if sys.platform == "linux":
        with suppress(AttributeError):  # other libraries than glibc have no such call
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
