"""A model on its way to the nodes of a cluster."""

import shutil
import weakref
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from digits.bundle import MANIFEST, Bundle, shipped

# Bytes of an exported model that are sent along; a larger one must be on every node already.
_LARGEST = 64_000_000


@dataclass(frozen=True)
class Carried:
    """A model that a node can open.

    Attributes:
        name: A shipped model's name, or a path that leads to it on every node.
        files: The contents of an exported model that is sent along.
    """

    name: str
    files: dict[str, bytes] | None = None


class Unpacked:
    """A model on a node, for as long as this object is there.

    Attributes:
        name: What to open it by.
    """

    def __init__(self, model: Carried) -> None:
        self.name = model.name
        if model.files is not None:
            self.name = mkdtemp(prefix="digits-")
            weakref.finalize(self, shutil.rmtree, self.name, ignore_errors=True)
            for name, data in model.files.items():
                (Path(self.name) / name).write_bytes(data)


def carried(model: str, bundle: Bundle) -> Carried:
    """Pack a model so that a node can open it, wherever it has its files.

    Args:
        model: Its name or directory, as given.
        bundle: The same, opened.

    Raises:
        ModelError: One of its files was changed after it was opened.
    """
    records = bundle.manifest.files
    if model in shipped():
        return Carried(model)
    if sum(record.bytes for record in records.values()) > _LARGEST:
        return Carried(str(bundle.directory.resolve()))
    files = {name: bundle.read(name) for name in records}
    return Carried(model, files | {MANIFEST: (bundle.directory / MANIFEST).read_bytes()})
