"""What a job on a cluster is: all that its answers and the files they are in follow from."""

import os
from dataclasses import asdict, dataclass
from typing import Any

from digits import __version__
from digits.bundle import MANIFEST, Bundle
from digits.commands.formats import Format
from digits.digests import sha256

# Inputs in a block, and so answers in a file. A worker that dies loses what it did of one.
BLOCK = 2500


@dataclass(frozen=True)
class Job:
    """The arguments of a job.

    Attributes:
        paths: Images, folders and patterns, as given.
        output: Folder of the answers: a path, or an address like s3://bucket/folder.
        model: The model, as given.
        digest: SHA-256 of its manifest, which lists those of its files; empty until it is opened.
        variant: The variant of it that runs; None for float32.
        provider: "cpu" or "cuda".
        tf32: Whether products may round to TF32 on CUDA.
        min_confidence: Below it there is no label; the model's own figure if None.
        always: Whether every image gets a label.
        recursive: Whether subfolders are looked into.
        form: Format of the files: Parquet, CSV or JSON lines.
        top_k: Labels for each image in CSV and JSON lines.
        block_size: Inputs in each block.
        folder: What relative paths start from.
        version: The runtime's.
    """

    paths: tuple[str, ...]
    output: str
    model: str
    digest: str = ""
    variant: str | None = None
    provider: str = "cpu"
    tf32: bool = False
    min_confidence: float | None = None
    always: bool = False
    recursive: bool = False
    form: Format = Format.JSONL
    top_k: int = 1
    block_size: int = BLOCK
    folder: str = ""
    version: str = __version__

    def identity(self) -> dict[str, Any]:
        """What must be the same for a job that goes on: all but where it is written."""
        values = asdict(self) | {"paths": list(self.paths), "form": self.form.value}
        del values["output"]
        return values

    def changed(self, before: dict[str, Any]) -> list[str]:
        """Names of the arguments in which another job's `identity` differs."""
        return [name for name, value in self.identity().items() if before.get(name) != value]


def model_digest(bundle: Bundle) -> str:
    """SHA-256 of a model's manifest, by which nodes know that they have the same."""
    return sha256((bundle.directory / MANIFEST).read_bytes())


def starting_folder(paths: list[str]) -> str:
    """What relative paths start from; empty if there are none, so that any folder will do."""
    relative = any("://" not in path and not os.path.isabs(path) for path in paths)  # noqa: PTH117
    return os.getcwd() if relative else ""  # noqa: PTH109, as os.path.join takes it
