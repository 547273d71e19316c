"""Finding and calling what makes a user's model: "package.module:factory"."""

import importlib
import sys
from types import ModuleType
from typing import Any

import torch
from torch import nn

from digits.errors import ModelError, UsageError
from digits_export.blame import blamed


def make(model: str, seed: int) -> Any:
    """What the factory gives, or the module if its name is one's already.

    Args:
        model: "package.module:factory", importable from the current directory, too.
        seed: For random weights.

    Raises:
        UsageError: There is no such factory.
        ModelError: Its module, or it, fails.
    """
    module, colon, path = model.partition(":")
    if not (module and colon and path):
        raise UsageError(f"model {model!r}: give it as package.module:factory")
    torch.manual_seed(seed)  # before the import: a module may be made by it
    found = _attribute(_imported(model, module), path, model)
    if isinstance(found, nn.Module):
        return found
    if not callable(found):
        raise UsageError(f"model {model}: is neither a module nor a function that makes one")
    torch.manual_seed(seed)
    try:
        return found()
    except Exception as error:  # another's code may raise anything
        raise ModelError(f"{model} fails without arguments: {blamed(error)}") from error


def _imported(model: str, module: str) -> ModuleType:
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise UsageError(f"model {model}: {error}: is it installed, or in this folder?") from error
    except Exception as error:  # another's code may raise anything
        raise ModelError(f"model {model}: {module} fails: {blamed(error)}") from error


def _attribute(found: Any, path: str, model: str) -> Any:
    for name in path.split("."):
        if not hasattr(found, name):
            raise UsageError(f"model {model}: {found.__name__} has no {name}")
        found = getattr(found, name)
    return found
