"""TorchScript: scripted, frozen, and the same bytes every time."""

import io
import warnings
from itertools import groupby
from typing import Any

import torch
from torch import nn

from digits.errors import ModelError
from digits_export.graphs import Graph

SUFFIX = ".torchscript.pt"


def save(graph: Graph) -> bytes:
    """Export a graph.

    Returns:
        The contents of a TorchScript archive, for libtorch and `torch.jit.load`.

    Raises:
        ModelError: The module has something that TorchScript can't express.
    """
    with warnings.catch_warnings():
        # TorchScript is deprecated upstream; libtorch still reads nothing else.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        _forget_classes()
        try:
            scripted = torch.jit.script(graph.module)
        except (RuntimeError, ValueError) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise ModelError(f"{graph.name} can't be exported to TorchScript: {reason}") from error
        frozen = torch.jit.freeze(scripted, optimize_numerics=False)
        return _reproducible(frozen)


def load(data: bytes) -> nn.Module:
    """Open an archive on the CPU."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        jit: Any = torch.jit
        module: nn.Module = jit.load(io.BytesIO(data), map_location="cpu")
    return module


def _forget_classes() -> None:
    """Start numbering classes anew: the names of a second module would depend on the first."""
    jit: Any = torch.jit
    torch._C._jit_clear_class_registry()
    jit._recursive.concrete_type_store = jit._recursive.ConcreteTypeStore()
    jit._state._clear_class_state()


def _reproducible(module: Any) -> bytes:
    """Write the archive's records in order, without those that hold local paths.

    `*.debug_pkl` holds the paths of the source files; the order of records and of a class's
    constants, and the serialisation's identity, vary from process to process.
    """
    written = io.BytesIO()
    torch.jit.save(module, written)
    reader = torch._C.PyTorchFileReader(io.BytesIO(written.getvalue()))
    archive = io.BytesIO()
    writer: Any = torch._C.PyTorchFileWriter(archive)
    # Without the version that was read, operators would be rewritten as if they were older.
    writer.set_min_version(int(reader.get_record("version")))
    for name in sorted(reader.get_all_records()):
        if name.endswith(".debug_pkl") or name in (
            "version",
            "byteorder",
            ".data/serialization_id",
        ):
            continue
        record = reader.get_record(name)
        if name.endswith(".py"):
            record = _sort_constants(record.decode()).encode()
        writer.write_record(name, record, len(record))
    writer.write_end_of_file()
    return archive.getvalue()


def _sort_constants(source: str) -> str:
    """Sort the constants that each class in the archive's code declares."""
    sections: list[str] = []
    for is_constant, lines in groupby(source.splitlines(keepends=True), _declares_constant):
        section = list(lines)
        sections.extend(sorted(section) if is_constant else section)
    return "".join(sections)


def _declares_constant(line: str) -> bool:
    return " : Final[" in line
