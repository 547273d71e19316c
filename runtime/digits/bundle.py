"""Exported models on disk: find one by name or directory, and make sure that it is whole."""

import os
from dataclasses import dataclass, replace
from os.path import exists, isdir
from pathlib import Path

from digits.contents import check_place
from digits.digests import sha256, sha256_of_file
from digits.errors import ModelError, UsageError
from digits.manifest import FileRecord, Manifest, read_manifest
from digits.onnx_files import check_self_contained

MANIFEST = "manifest.json"
MODEL = "model.onnx"
FRONT = "front.onnx"
IMAGE = "image.onnx"
GOLDENS = "goldens.npz"

# What ONNX Runtime opens; other files of variants are for other engines.
_RUNNABLE = (".onnx", ".ort")

# The shipped model that measures best for its size.
DEFAULT = "lenet"

# Protocol Buffers, and so ONNX files, can't be larger; nothing else in a bundle comes near.
_LARGEST = 2**31 - 1

# In a bundle, but not listed by its manifest: itself, and what tells about one export's machine.
_UNLISTED = frozenset({MANIFEST, "proof.json", "report.md"})
# What desktops leave in folders that someone looked into (names with a dot are let pass, too).
_LEFT_BY_DESKTOPS = frozenset({"Thumbs.db", "desktop.ini"})

_SHIPPED = Path(__file__).parent / "bundles"


@dataclass(frozen=True)
class Bundle:
    """An exported model that was checked when it was opened.

    Attributes:
        directory: Where its files are.
        manifest: What it says about itself; with a variant, its tolerance is the variant's.
        variant: Name of the variant that is run; None for the classifier in float32.
    """

    directory: Path
    manifest: Manifest
    variant: str | None = None

    @property
    def name(self) -> str:
        """The model's name, "lenet" for example."""
        return self.manifest.name

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names, in the order of the probabilities."""
        return self.manifest.labels

    @property
    def model_file(self) -> str:
        """The file of the classifier that is run."""
        return MODEL if self.variant is None else self.manifest.variants[self.variant].file

    def with_variant(self, name: str | None) -> "Bundle":
        """The same bundle, running one of its variants.

        Raises:
            ModelError: It has no such variant, or one that ONNX Runtime doesn't run.
        """
        if name is None:
            return self
        variants = self.manifest.variants
        runnable = [key for key, item in variants.items() if runs(item.file)]
        if name not in runnable:
            there = f"it has {', '.join(runnable)}" if runnable else "it has none"
            kind = (
                f"{variants[name].file} is for PyTorch" if name in variants else "no such variant"
            )
            raise ModelError(
                f"{self.name}: variant {name!r}: {kind}; {there} to run: "
                "export with --variants for others"
            )
        tolerance = {**self.manifest.tolerance, **variants[name].tolerance}
        return replace(self, manifest=replace(self.manifest, tolerance=tolerance), variant=name)

    def read(self, name: str) -> bytes:
        """The contents of one file, checked again, so that nobody can swap it after the check.

        Raises:
            ModelError: The file is missing, changed, or not part of this bundle, or a graph that
                reaches beyond its file or may never end.
        """
        record = self.manifest.files.get(name)
        if record is None:
            raise ModelError(f"{self.directory}: this bundle has no {name}: export the model again")
        data = _contents(self.directory / name)
        _check_digest(self.directory / name, record, sha256(data))
        if name.endswith(".onnx"):
            _check_graph(self.directory / name, data)
        return data


def runs(file: str) -> bool:
    """Whether ONNX Runtime opens a file of that name."""
    return file.endswith(_RUNNABLE)


def shipped() -> list[str]:
    """Names of the models that come with the package."""
    return sorted(file.parent.name for file in _SHIPPED.glob(f"*/{MANIFEST}"))


def open_bundle(name_or_directory: str | os.PathLike[str]) -> Bundle:
    """Open an exported model and check that its files are those that were exported.

    Args:
        name_or_directory: Name of a shipped model, or the directory of an exported one.

    Raises:
        ModelError: There is no such model, its manifest can't be used, or a file is missing,
            changed, foreign, or elsewhere.
        UsageError: It is neither a name nor a path.
    """
    if not isinstance(name_or_directory, str | os.PathLike):
        raise UsageError(f"{name_or_directory!r:.80} is no model: give its name or its directory")
    directory = _directory(os.fsdecode(name_or_directory))
    manifest = read_manifest(directory / MANIFEST)
    for needed in (MODEL, FRONT):
        if needed not in manifest.files:
            raise ModelError(f"{directory / MANIFEST}: lists no {needed}: export the model again")
    _check_foreign(directory, manifest)
    for name, record in manifest.files.items():
        _check_file(directory, name, record)
    return Bundle(directory, manifest)


def _directory(model: str) -> Path:
    if model in shipped():
        return _SHIPPED / model
    directory = Path(model)
    # Unlike those of Path, these don't raise for names that are too long, for example.
    if model and isdir(directory):  # noqa: PTH112
        return directory
    names = ", ".join(shipped()) or "none"
    if model and exists(directory):  # noqa: PTH110
        raise ModelError(f"{model}: is a file: give the directory of an exported model")
    raise ModelError(
        f"no model {model!r}: the shipped ones are {names}; "
        "the directory of an exported model works, too"
    )


def _check_foreign(directory: Path, manifest: Manifest) -> None:
    try:
        entries = sorted(file.name for file in directory.iterdir())
    except OSError as error:
        raise _unreadable(directory, error) from error
    for entry in entries:
        expected = entry in manifest.files or entry in _UNLISTED or entry in _LEFT_BY_DESKTOPS
        if not expected and not entry.startswith("."):
            raise ModelError(
                f"{directory / entry}: the manifest doesn't list it: "
                "move it elsewhere, or export the model again"
            )


def _check_file(directory: Path, name: str, record: FileRecord) -> None:
    """Check one file of the manifest: its name, place, size and digest."""
    if name in ("", ".", "..") or "/" in name or "\\" in name or "\0" in name:
        raise ModelError(f"{directory / MANIFEST}: {name!r} is no plain file name: don't trust it")
    file = directory / name
    try:
        size = check_place(file)
        if size > _LARGEST:
            raise ModelError(f"{file}: has {size} bytes, too many for a model: don't trust it")
        if size != record.bytes:
            raise ModelError(
                f"{file}: has {size} bytes, the manifest says {record.bytes}: "
                "the file was changed after export; export it again"
            )
        with file.open("rb") as stream:
            _check_digest(file, record, sha256_of_file(stream, size))
    except OSError as error:
        raise _unreadable(file, error) from error


def _check_digest(file: Path, record: FileRecord, digest: str) -> None:
    if digest != record.sha256:
        raise ModelError(
            f"{file}: sha256 is {digest[:8]}…, the manifest says {record.sha256[:8]}…: "
            "the file was changed after export; export it again"
        )


def _check_graph(file: Path, data: bytes) -> None:
    try:
        check_self_contained(data)
    except ValueError as error:
        raise ModelError(f"{file}: {error}: no export writes such; don't trust it") from error


def _contents(file: Path) -> bytes:
    try:
        check_place(file)
        return file.read_bytes()
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: OSError) -> ModelError:
    if isinstance(error, FileNotFoundError):
        return ModelError(f"{file}: is missing: the bundle is incomplete; export it again")
    return ModelError(f"{file}: can't be read: {error.strerror}")
