"""TorchScript: scripted, frozen, and the same bytes every time."""

import io
import re
import warnings
from collections.abc import Mapping
from itertools import groupby
from typing import Any

import torch
from torch import nn

from digits.errors import ModelError
from digits_export.blame import blamed
from digits_export.graphs import Graph

SUFFIX = ".torchscript.pt"

_WRITTEN_ANYWAY = ("version", "byteorder", ".data/serialization_id")
# Of a class whose name was taken.
_NUMBER = re.compile(rb"(?<=___torch_mangle_)\d+")


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
        except Exception as error:  # another's code may lead to any
            raise ModelError(
                f"{graph.name} can't be exported to TorchScript: {blamed(error)}"
            ) from error
        frozen = torch.jit.freeze(scripted, optimize_numerics=False)
        return _reproducible(frozen)


def load(data: bytes, device: str = "cpu") -> nn.Module:
    """Open an archive on a device of PyTorch's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        jit: Any = torch.jit
        module: nn.Module = jit.load(io.BytesIO(data), map_location=device)
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
    constants, and the serialisation's identity, vary from process to process; the numbers of
    classes, with what was scripted before.
    """
    written = io.BytesIO()
    torch.jit.save(module, written)
    written.seek(0)
    reader = torch._C.PyTorchFileReader(written)
    archive = io.BytesIO()
    writer: Any = torch._C.PyTorchFileWriter(archive)
    # Without the version that was read, operators would be rewritten as if they were older.
    writer.set_min_version(int(reader.get_record("version")))
    records = {
        name: reader.get_record(name)
        for name in reader.get_all_records()
        if not name.endswith(".debug_pkl") and name not in _WRITTEN_ANYWAY
    }
    for name, record in sorted(_renumbered(records).items()):
        code = _sort_constants(record.decode()).encode() if name.endswith(".py") else record
        writer.write_record(name, code, len(code))
    writer.write_end_of_file()
    return archive.getvalue()


def _renumbered(records: Mapping[str, bytes]) -> dict[str, bytes]:
    """Number classes of the same name from 0 on, in names, code and the pickled classes' names."""
    naming = {name: data for name, data in records.items() if name.endswith((".py", ".pkl"))}
    texts = (*map(str.encode, records), *naming.values())
    used = sorted({int(number) for text in texts for number in _NUMBER.findall(text)})

    def renumber(text: bytes) -> bytes:
        return _NUMBER.sub(lambda number: str(used.index(int(number[0]))).encode(), text)

    return {
        renumber(name.encode()).decode(): renumber(data) if name in naming else data
        for name, data in records.items()
    }


def _sort_constants(source: str) -> str:
    """Sort the constants that each class in the archive's code declares."""
    sections: list[str] = []
    for is_constant, lines in groupby(source.splitlines(keepends=True), _declares_constant):
        section = list(lines)
        sections.extend(sorted(section) if is_constant else section)
    return "".join(sections)


def _declares_constant(line: str) -> bool:
    return " : Final[" in line
