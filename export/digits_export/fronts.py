"""Front ends in ONNX: tracing one takes most of an export's time, so it is done once.

A front end isn't trained: it is the same for every network. What it computes is told by its
TorchScript archive, which holds its code and its constants and is the same bytes every time. Where
an archive, the exporter's version and the opset are those of an earlier trace, so is the result:
those of the bundles that ship with the runtime, and then those that were kept in the user's cache.
Whatever comes from there is proved like any other graph.
"""

import contextlib
import hashlib
import inspect
import json
import os
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

import platformdirs

from digits.bundle import FRONT, MANIFEST, Bundle, open_bundle, shipped
from digits.errors import DigitsError
from digits_export import graphs, onnx

#: What decides, beside a module, which bytes an export writes.
TOOLS = ("torch", "onnx", "onnxscript", "onnx-ir")
#: In the manifest: the digest of the front end's TorchScript archive.
KEY = "front_module"


def digest(script: bytes) -> str:
    """What tells one front end from another.

    Args:
        script: Its TorchScript archive.
    """
    return hashlib.sha256(script).hexdigest()


def tools() -> dict[str, str]:
    """Versions of what writes an export."""
    return {tool: version(tool) for tool in TOOLS}


def save(
    graph: graphs.Graph, script: bytes, opset: int, *, fresh: bool, tracing: Callable[[], None]
) -> bytes:
    """Export a front end, or find that it was exported before.

    Args:
        graph: The front end.
        script: Its TorchScript archive.
        opset: Version of ONNX's operators.
        fresh: Trace it in any case.
        tracing: Is called if it has to be traced.

    Raises:
        ModelError: It can't be exported.
    """
    module = digest(script)
    found = None if fresh else _shipped(module, opset) or _cached(module, opset)
    if found is None:
        tracing()
        found = onnx.save(graph, opset)
        _keep(module, opset, found)
    return found


def _shipped(module: str, opset: int) -> bytes | None:
    for name in shipped():
        with contextlib.suppress(DigitsError):  # a bundle that can't be opened is no hindrance
            bundle = open_bundle(name)
            manifest = bundle.manifest
            if manifest.opset == opset and manifest.tools == tools() and _module(bundle) == module:
                return bundle.read(FRONT)
    return None


def _module(bundle: Bundle) -> object:
    return json.loads((bundle.directory / MANIFEST).read_bytes()).get(KEY)


def _cached(module: str, opset: int) -> bytes | None:
    """A front end from the user's cache, if it is whole: its name holds the digest of its bytes."""
    for file in _cache().glob(f"{_name(module, opset)}-*.onnx"):
        with contextlib.suppress(OSError):
            data = file.read_bytes()
            if file.stem.endswith(hashlib.sha256(data).hexdigest()):
                return data
    return None


def _keep(module: str, opset: int, data: bytes) -> None:
    """Put a front end into the cache; where that can't be, the next export traces again."""
    folder = _cache()
    file = folder / f"{_name(module, opset)}-{hashlib.sha256(data).hexdigest()}.onnx"
    draft = file.with_suffix(f".{os.getpid()}.draft")
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(data)
        draft.replace(file)


def _name(module: str, opset: int) -> str:
    """What decides the result: the module, the tools, and how we use them."""
    sources = [inspect.getsource(part) for part in (onnx, graphs)]
    parts: Mapping[str, object] = {
        "module": module,
        "opset": opset,
        "tools": tools(),
        "by": sources,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def _cache() -> Path:
    return platformdirs.user_cache_path("digits-edge", appauthor=False) / "fronts"
