"""The state of a training on disk: tensors and JSON in one safetensors file, nothing pickled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from digits.errors import InputError
from digits_models.weights import write_whole

#: The one key of the metadata; its value is the state as JSON.
STATE_KEY = "training"


def save(file: Path, tensors: dict[str, Tensor], state: dict[str, Any]) -> None:
    """Write a checkpoint whole or not at all; OutputError if it can't be written."""
    # Safetensors takes no tensors that share memory, and copies are cheap beside the disk.
    separate = {name: _plain(tensor) for name, tensor in tensors.items()}
    write_whole(file, safetensors.torch.save(separate, {STATE_KEY: json.dumps(state)}))


def load(file: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read a checkpoint.

    Raises:
        InputError: It is damaged.
    """
    try:
        with safetensors.safe_open(file, framework="pt") as content:
            tensors = {name: content.get_tensor(name) for name in content.keys()}  # noqa: SIM118
            state = json.loads(content.metadata()[STATE_KEY])
    except (OSError, ValueError, KeyError, TypeError, safetensors.SafetensorError) as error:
        raise InputError(
            f"{file}: damaged checkpoint; delete it or start over with --fresh"
        ) from error
    return tensors, state


def _plain(tensor: Tensor) -> Tensor:
    return tensor.detach().cpu().clone(memory_format=torch.contiguous_format)


def part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the tensors whose names start with `prefix.`, without it."""
    start = f"{prefix}."
    return {
        name[len(start) :]: tensor for name, tensor in tensors.items() if name.startswith(start)
    }


def prefixed(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors with `prefix.` before their names."""
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}
