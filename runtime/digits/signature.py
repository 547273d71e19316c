"""Is an opened graph what the manifest says: the names, dtypes and shapes of its ends?"""

from collections.abc import Iterable, Sequence
from typing import Any

from digits.bundle import MANIFEST, Bundle
from digits.errors import ModelError
from digits.manifest import Tensor

# ONNX Runtime's names of types where they aren't numpy's.
_DTYPES = {"float": "float32", "double": "float64"}

Ends = list[tuple[str, str, list[int | None]]]


def check_signature(session: Any, bundle: Bundle, file: str) -> None:
    """Compare an open session with the signature in the bundle's manifest.

    Raises:
        ModelError: They differ, or the manifest has no signature of this file.
    """
    graph = bundle.manifest.graphs.get(file)
    if graph is None:
        raise ModelError(
            f"{bundle.directory / MANIFEST}: has no signature of {file}: export the model again"
        )
    found_ends = {"takes": session.get_inputs(), "gives": session.get_outputs()}
    said_ends = {"takes": graph.inputs, "gives": graph.outputs}
    for verb in found_ends:
        found, said = _found(found_ends[verb]), _said(said_ends[verb])
        if found != said:
            raise ModelError(
                f"{bundle.directory / file}: {verb} {_text(found)}, the manifest says "
                f"{_text(said)}: export the model again"
            )


def _found(nodes: Sequence[Any]) -> Ends:
    return _ordered((node.name, _dtype(node.type), _sizes(node.shape)) for node in nodes)


def _said(tensors: Sequence[Tensor]) -> Ends:
    return _ordered((tensor.name, tensor.dtype, _sizes(tensor.shape)) for tensor in tensors)


def _ordered(ends: Iterable[tuple[str, str, list[int | None]]]) -> Ends:
    return sorted(ends, key=lambda end: end[0])


def _dtype(kind: str) -> str:
    """The dtype in "tensor(uint8)"."""
    name = kind.removeprefix("tensor(").removesuffix(")")
    return _DTYPES.get(name, name)


def _sizes(shape: Sequence[object]) -> list[int | None]:
    """Sizes that aren't fixed have many names, which mean nothing to a caller."""
    return [size if isinstance(size, int) and size > 0 else None for size in shape]


def _text(ends: Ends) -> str:
    return ", ".join(
        f"{name} {dtype} {['any' if size is None else size for size in sizes]}"
        for name, dtype, sizes in ends
    ).replace("'", "")
