"""The programs `digits`, `digits-export` and `digits-infer`: commands in a process of their own.

Settings of the whole process stand here and nowhere else, since an app that embeds the runtime, or
calls `digits.cli`, has its own. Together they save a tenth of the time that one image takes.
"""

import gc
import os
import sys
from collections.abc import Callable
from typing import NoReturn

from digits import cli

# Starting makes some hundred thousand objects that stay; Python would look through them for garbage
# after every 700. Garbage that holds itself, such as errors and their frames, still goes.
_OBJECTS_BETWEEN_COLLECTIONS = 50_000


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
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    code = command()
    # At its end, Python would look through all that is still there again.
    gc.freeze()
    sys.exit(code)
