"""Trained weights on disk: safetensors with the record of their training; state dicts to read."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pickle
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from digits.errors import ModelError, OutputError
from digits_models import registry
from digits_models.network import DigitNetwork
from digits_models.registry import Architecture

#: Where the weights lie that come with the package.
SHIPPED = Path(__file__).parent / "weights"

#: The one key of the safetensors metadata; its value is the record as JSON. (Safetensors writes
#: several keys in random order, so a second one would change the bytes from run to run.)
RECORD_KEY = "digits"

#: What `load` takes; the end of the messages about files that are something else.
ACCEPTED = (
    "weights are read from .safetensors, or from a plain state dict: save one with "
    "torch.save(model.state_dict(), ...)"
)


@dataclass(frozen=True)
class Trained:
    """A trained network and where it comes from.

    Attributes:
        architecture: What it is.
        network: In eval mode, float32, on the CPU.
        record: What the training wrote down; empty for a plain state dict.
        temperature: What the logits are divided by before the softmax; 1.0 if not calibrated.
        digest: sha256 of the tensors' names, shapes and values, whatever file they came in.
    """

    architecture: Architecture
    network: DigitNetwork
    record: Mapping[str, object]
    temperature: float
    digest: str


def load(arch: str, file: Path | None = None) -> Trained:
    """Build a network and fill it with weights.

    Args:
        arch: Name of the architecture.
        file: `.safetensors`, or `.pt`/`.pth` with a plain state dict; None: the shipped weights.

    Raises:
        UsageError: There is no such architecture.
        ModelError: There are no such weights, the file can't be read, or it is of another
            architecture; the message names the first tensor that doesn't fit.
    """
    architecture = registry.get(arch)
    source = file or shipped(arch)
    tensors, record = read(source)
    network = architecture.build()
    fill(network, tensors, f"{source} is no {arch}")
    trained_as = record.get("arch", arch)
    if trained_as != arch:
        raise ModelError(f"{source} holds weights of {trained_as}, not of {arch}")
    return Trained(
        architecture=architecture,
        network=network.eval(),
        record=record,
        temperature=_temperature(record, source),
        digest=digest(network.state_dict()),
    )


def save(file: Path, network: nn.Module, record: Mapping[str, object]) -> None:
    """Write weights as safetensors and their record as JSON beside them, each whole or not at all.

    Raises:
        OutputError: They can't be written.
    """
    tensors = {
        name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()
    }
    text = json.dumps(record, indent=2, ensure_ascii=False)
    data = safetensors.torch.save(tensors, {RECORD_KEY: json.dumps(record, sort_keys=True)})
    write_whole(file, data)
    write_whole(file.with_suffix(".json"), f"{text}\n".encode())


def write_whole(file: Path, data: bytes) -> None:
    """Write a file so that at any moment the old one or the new one is there.

    Raises:
        OutputError: It can't be written.
    """
    draft = file.with_name(f".{file.name}.{os.getpid()}.draft")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(data)
        draft.replace(file)
    except OSError as error:
        raise OutputError(f"{file} can't be written: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()


def read(file: Path) -> tuple[dict[str, Tensor], dict[str, object]]:
    """Return the tensors of a file by name, and the record of their training (or an empty one).

    Raises:
        ModelError: The file is missing, of another format, or holds more than plain tensors.
    """
    if not file.is_file():
        raise ModelError(f"{file}: no such file of weights")
    if file.suffix == ".safetensors":
        return _read_safetensors(file)
    if file.suffix in (".pt", ".pth"):
        return _read_state_dict(file), {}
    raise ModelError(f"{file}: no .safetensors, .pt or .pth file; {ACCEPTED}")


def fill(network: nn.Module, tensors: Mapping[str, Tensor], complaint: str) -> None:
    """Copy tensors into a network.

    Raises:
        ModelError: One is missing, alien, misshapen or not of numbers that the network can
            compute with; the message names the first.
    """
    expected = network.state_dict()
    for name, target in expected.items():
        if name not in tensors:
            raise ModelError(f"{complaint}: tensor {name} {list(target.shape)} is missing")
        found = tensors[name]
        if found.shape != target.shape:
            shapes = f"{list(found.shape)}, not {list(target.shape)}"
            raise ModelError(f"{complaint}: tensor {name} is {shapes}")
        if target.is_floating_point() and not found.is_floating_point():
            # Copying would convert it in silence, though its fractions are lost already.
            kinds = f"{_dtype(found)}, not {_dtype(target)} or another floating-point type"
            raise ModelError(f"{complaint}: tensor {name} is {kinds}")
        if not found.isfinite().all():
            raise ModelError(f"{complaint}: tensor {name} holds values that are not finite")
    alien = [name for name in tensors if name not in expected]
    if alien:
        raise ModelError(f"{complaint}: tensor {alien[0]} has no place in it")
    network.load_state_dict({name: tensors[name] for name in expected})


def digest(tensors: Mapping[str, Tensor]) -> str:
    """Return the sha256 of tensors: names, dtypes, shapes and values, in the order of the names."""
    total = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        total.update(f"{name} {tensor.dtype} {list(tensor.shape)}\n".encode())
        total.update(tensor.numpy().tobytes())
    return total.hexdigest()


def shipped(arch: str) -> Path:
    """Return the file of the weights that come with the package.

    A teacher has some for each data set; where none is named, it is the architecture's own.

    Raises:
        UsageError: There is no such architecture.
        ModelError: No weights of it come with the package.
    """
    names = [arch, f"{arch}-{registry.get(arch).dataset}"]
    for name in names:
        file = SHIPPED / f"{name}.safetensors"
        if file.is_file():
            return file
    raise ModelError(
        f"no weights of {arch} come with the package; train them with "
        f"`digits train --arch {arch}` and pass the .safetensors file with --weights"
    )


def _read_safetensors(file: Path) -> tuple[dict[str, Tensor], dict[str, object]]:
    try:
        with safetensors.safe_open(file, framework="pt") as content:
            tensors = {name: content.get_tensor(name) for name in content.keys()}  # noqa: SIM118
            record = json.loads((content.metadata() or {}).get(RECORD_KEY, "{}"))
    except (OSError, ValueError, safetensors.SafetensorError) as error:
        raise ModelError(f"{file} can't be read as safetensors: {_first_line(error)}") from error
    if not isinstance(record, dict):
        raise ModelError(f"{file}: the record of its training is no JSON object")
    return tensors, record


def _read_state_dict(file: Path) -> dict[str, Tensor]:
    try:
        with warnings.catch_warnings():
            # Torch warns of pickles that it then refuses; the error below says it better.
            warnings.simplefilter("ignore")
            content = torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, KeyError, BadZipFile) as error:
        # Torch's own text on TorchScript advises to load it unsafely, which we never do.
        script = "TorchScript" in str(error)
        problem = (
            "is a TorchScript archive, not a state dict"
            if script
            else f"can't be read as a state dict ({_first_line(error)})"
        )
        raise ModelError(f"{file} {problem}; {ACCEPTED}") from error
    except pickle.UnpicklingError as error:
        raise ModelError(
            f"{file} is a pickle of more than tensors, or no weights at all; it is not loaded, "
            f"since that could run code; {ACCEPTED}"
        ) from error
    if not isinstance(content, dict) or not content:
        raise ModelError(f"{file} holds no state dict; {ACCEPTED}")
    for name, value in content.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            raise ModelError(f"{file}: {name!r} is no tensor; {ACCEPTED}")
    return content


def _temperature(record: Mapping[str, object], source: Path) -> float:
    value = record.get("temperature", 1.0)
    if not isinstance(value, int | float) or not value > 0:
        raise ModelError(f"{source}: its record has temperature {value!r}, not a number above 0")
    return float(value)


def _dtype(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
