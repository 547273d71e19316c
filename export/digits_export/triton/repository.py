"""The files of a model repository, and writing them whole or not at all."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from digits.bundle import FRONT, MODEL, Bundle
from digits.contents import check_place
from digits.errors import ModelError, UsageError
from digits_export import directory
from digits_export.triton.check import check
from digits_export.triton.config import CONFIG, FILE, LABELS, VERSION, Config, configs
from digits_export.triton.relay import relay_graph

# What a repository holds and of which bundles, beside the models' folders; Triton reads folders
# only.
RECORD = "digits-edge.json"
# Triton wants an ensemble's version to have a folder, and neither Git nor object stores keep one
# that is empty.
_KEEP = "keep"
_LARGEST_RECORD = 10_000_000  # bytes


@dataclass(frozen=True)
class Repository:
    """A model repository that passed `check`.

    Attributes:
        configs: Its models.
        files: Contents of its files, by path.
    """

    configs: tuple[Config, ...]
    files: Mapping[str, bytes]


def repository(bundles: Sequence[Bundle]) -> Repository:
    """Make the repository of some bundles, four models of each.

    Raises:
        ModelError: Two models would have the same name, a label has a line's end in it, a file of a
            bundle was changed, or Triton would refuse a model for another reason.
    """
    several: list[Config] = []
    files: dict[str, bytes] = {}
    for bundle in bundles:
        ensemble, front, classifier, relay = configs(bundle.manifest)
        several += [ensemble, front, classifier, relay]
        labels = _labels(bundle)
        files |= {
            f"{ensemble.name}/{VERSION}/{_KEEP}": b"",
            f"{ensemble.name}/{LABELS}": labels,
            f"{front.name}/{VERSION}/{FILE}": bundle.read(FRONT),
            f"{classifier.name}/{VERSION}/{FILE}": bundle.read(MODEL),
            f"{classifier.name}/{LABELS}": labels,
            f"{relay.name}/{VERSION}/{FILE}": relay_graph(bundle.manifest),
        }
    files |= {f"{config.name}/{CONFIG}": config.text().encode() for config in several}
    check(several, files)
    return Repository(tuple(several), files | {RECORD: _record(bundles, files)})


def write(made: Repository, out: Path) -> None:
    """Write a repository; an older one of ours is replaced once the new one is whole.

    Raises:
        UsageError: `out` holds something else, or files that were changed since.
        OutputError: `out` can't be written; it is as it was.
    """
    check_replaceable(out)
    directory.replace(out, made.files)


def check_replaceable(out: Path) -> None:
    """Refuse to overwrite anything but a repository of ours, as it was written.

    Raises:
        UsageError: `out` holds something else, or files that were changed since.
        OutputError: Nothing can be written there.
    """
    record = _recorded(out / RECORD)
    directory.check_replaceable(out, RECORD, {RECORD, *record})
    for name, digest in record.items():
        file = out / name
        if file.is_file() and _digest(file.read_bytes()) != digest:
            raise UsageError(
                f"{file}: was changed since it was written, which would be lost: "
                "name a new directory, or remove it"
            )


def _recorded(file: Path) -> dict[str, str]:
    """The digests of an older repository's files; none if there is no such record."""
    try:
        if check_place(file) > _LARGEST_RECORD:
            return {}
        files = json.loads(file.read_bytes())["files"]
        return {str(name): str(digest) for name, digest in files.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ModelError):
        return {}


def _record(bundles: Sequence[Bundle], files: Mapping[str, bytes]) -> bytes:
    record = {
        "layout": "triton",
        "bundles": {bundle.name: bundle.manifest.weights["sha256"] for bundle in bundles},
        "files": {name: _digest(files[name]) for name in sorted(files)},
    }
    return f"{json.dumps(record, indent=2, ensure_ascii=False)}\n".encode()


def _labels(bundle: Bundle) -> bytes:
    for label in bundle.labels:
        if "\n" in label or "\r" in label:
            raise ModelError(
                f"{bundle.name}: the label {label!r} has a line's end in it, "
                f"and {LABELS} one label a line: export it with other labels"
            )
    return "".join(f"{label}\n" for label in bundle.labels).encode()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
