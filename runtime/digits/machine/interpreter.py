"""Starting this Python again, for processes of our own.

`multiprocessing` would either run an app's main script again or fork an app that has threads.
"""

import os
import subprocess
import sys

# Such a process is one thread, or one beside its loop; numpy's library would start one for each
# processor and take their memory, and ONNX Runtime some that report to Microsoft (see
# `digits.program`).
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
_SILENT = {"ORT_DISABLE_TELEMETRY": "1"}


def bootstrap(module: str) -> str:
    """Code that takes `importable()` as a pickle from stdin, and then runs a module's `main`."""
    return (
        "import sys, pickle; sys.path[:] = pickle.load(sys.stdin.buffer); "
        f"from {module} import main; main()"
    )


def command(code: str) -> list[str]:
    """This Python with its flags, running some code."""
    # -P: a module in the current folder must not take the place of one that the start needs.
    flags = [*subprocess._args_from_interpreter_flags(), "-P"]  # type: ignore[attr-defined]
    return [sys.executable, *flags, "-c", code]


def surroundings() -> dict[str, str]:
    """The environment that it gets."""
    return {**_SILENT, **os.environ, **_ONE_THREAD}


def importable() -> list[str]:
    """Where we import from, which it should, too."""
    return [entry for entry in sys.path if isinstance(entry, str)]
