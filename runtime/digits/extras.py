"""Optional parts of the package: what is missing, and the command that installs it."""

import shlex
import sys
from importlib.util import find_spec

from digits.errors import MissingExtraError

# What each extra brings, by import name: the modules that are looked for when a caller names none.
MODULES = {
    "export": (
        "torch",
        "torchvision",
        "onnx",
        "onnxscript",
        "onnx_ir",
        "safetensors",
        "platformdirs",
    ),
    "fast": ("simplejpeg",),
    "plot": ("matplotlib", "sklearn"),
    "serve": ("fastapi", "uvicorn", "python_multipart"),
    "ray": ("ray",),
}


def pip() -> str:
    """The command that changes the environment we run in, not the first one on the PATH."""
    return f"{shlex.quote(sys.executable or 'python')} -m pip"


def need(extra: str, *modules: str) -> None:
    """Make sure that the modules of an extra can be imported, without importing them.

    Args:
        extra: Name of the extra, as in `pip install 'digits-edge[export]'`.
        modules: Import names to look for; all that the extra brings if there are none.

    Raises:
        MissingExtraError: One of them isn't installed; the message holds the install command.
    """
    missing = [name for name in modules or MODULES[extra] if find_spec(name) is None]
    if missing:
        verb = "isn't" if len(missing) == 1 else "aren't"
        raise MissingExtraError(
            f"this needs {', '.join(missing)}, which {verb} installed: "
            f"run: {pip()} install 'digits-edge[{extra}]'"
        )
