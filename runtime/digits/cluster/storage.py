"""Files on a shared file system or in object storage, by path or address."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digits.errors import InputError, UsageError

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

# Where a new object replaces the old one when it is complete, and renaming would be copying.
_OBJECTS = ("s3", "gcs", "abfs", "py::fsspec")
# A file that is being written, as `Folder.write` names it.
_DRAFT = re.compile(r"\..+\.[0-9a-f]{8}\.part", re.DOTALL)
# What Amazon's own tools read, too.
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
_REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")


def is_address(path: str) -> bool:
    """Whether it is an address like s3://bucket/key, and no path."""
    scheme, mark, _ = path.partition("://")
    return bool(mark) and scheme.isascii() and scheme[:1].isalpha() and "/" not in scheme


def locate(address: str) -> "tuple[FileSystem, str]":
    """The file system that an address or a path leads to, and the path in it.

    What follows the bucket is taken as it stands: nothing is decoded, so any name can be given.

    Raises:
        UsageError: Nothing installed knows such addresses, or it holds a password.
        OSError: The storage can't be reached.
    """
    from pyarrow.fs import LocalFileSystem

    if not is_address(address):
        return LocalFileSystem(), os.path.abspath(address)  # noqa: PTH100
    scheme, _, rest = address.partition("://")
    bucket, _, below = rest.partition("/")
    if ":" in bucket.rpartition("@")[0]:
        raise UsageError(
            f"{scheme}://…: answers name images by their address: give keys in the environment"
        )
    system, root = _bucket(scheme, bucket)
    return system, f"{root.rstrip('/')}/{below}" if below else root


@lru_cache
def _bucket(scheme: str, bucket: str) -> "tuple[FileSystem, str]":
    from pyarrow.fs import FileSystem

    if scheme == "s3" and (found := _s3()):
        return found, bucket
    try:
        system, path = FileSystem.from_uri(f"{scheme}://{bucket}/")
    except ValueError:  # pyarrow doesn't know it
        return _by_fsspec(scheme, bucket)
    return system, path


def _s3() -> "FileSystem | None":
    """S3 as the environment says; None where pyarrow has to find the bucket's region."""
    from pyarrow.fs import S3FileSystem

    endpoint, region = _first(_ENDPOINTS), _first(_REGIONS)
    if endpoint:
        return S3FileSystem(endpoint_override=endpoint, region=region or "us-east-1")
    return S3FileSystem(region=region) if region else None


def _first(names: tuple[str, ...]) -> str | None:
    return next((os.environ[name] for name in names if os.environ.get(name)), None)


def _by_fsspec(scheme: str, bucket: str) -> "tuple[FileSystem, str]":
    import fsspec
    from pyarrow.fs import FSSpecHandler, PyFileSystem

    try:
        system, path = fsspec.core.url_to_fs(f"{scheme}://{bucket}/")
    except (ImportError, ValueError) as error:
        raise UsageError(
            f"{scheme}:// is no storage that is known here: {one_line(error)}"
        ) from error
    return PyFileSystem(FSSpecHandler(system)), path


@dataclass(frozen=True)
class Folder:
    """A folder of small files, each of which appears when it is complete. It can be pickled.

    Attributes:
        address: Its path, or its address in object storage.
    """

    address: str

    @cached_property
    def _place(self) -> "tuple[FileSystem, str]":
        system, path = locate(self.address)
        return system, path.rstrip("/")

    def __reduce__(self) -> tuple[Any, ...]:
        return Folder, (self.address,)

    def names(self, below: str = "") -> set[str]:
        """Names of what is in it or in a folder below it; none if that doesn't exist."""
        from pyarrow.fs import FileSelector

        system, path = self._place
        where = FileSelector(f"{path}/{below}" if below else path, allow_not_found=True)
        return {info.base_name for info in system.get_file_info(where)}

    def has(self, name: str) -> bool:
        """Whether there is a file of that name."""
        from pyarrow.fs import FileType

        system, path = self._place
        return bool(system.get_file_info(f"{path}/{name}").type == FileType.File)

    def read(self, name: str) -> bytes:
        """The contents of a file.

        Raises:
            OSError: It isn't there, or can't be read.
        """
        system, path = self._place
        with system.open_input_stream(f"{path}/{name}") as stream:
            data: bytes = stream.read()
        return data

    def write(self, name: str, data: bytes) -> None:
        """Write a file, whole or not at all, also if several processes write it at once.

        Raises:
            OSError: It can't be written.
        """
        system, path = self._place
        target = f"{path}/{name}"
        if system.type_name.startswith(_OBJECTS):
            _put(system, target, data)
            return
        folder, _, file = target.rpartition("/")
        part = f"{folder}/.{file}.{os.urandom(4).hex()}.part"
        system.create_dir(folder, recursive=True)
        try:
            _put(system, part, data)
            if system.type_name == "local":
                _settle(Path(part))
            system.move(part, target)
        except BaseException:
            _quietly(system.delete_file, part)
            raise

    def remove_drafts(self, below: str = "") -> None:
        """Remove what writers that were killed left of files, here or in a folder below."""
        system, path = self._place
        if system.type_name.startswith(_OBJECTS):
            return  # there, a file is whole or isn't
        place = f"{path}/{below}" if below else path
        for name in filter(_DRAFT.fullmatch, self.names(below)):
            _quietly(system.delete_file, f"{place}/{name}")

    def remove(self, name: str) -> None:
        """Remove a file."""
        system, path = self._place
        system.delete_file(f"{path}/{name}")

    def remove_folder(self, name: str) -> None:
        """Remove a folder below with all that is in it."""
        system, path = self._place
        system.delete_dir(f"{path}/{name}")


def _put(system: "FileSystem", path: str, data: bytes) -> None:
    with system.open_output_stream(path) as stream:
        stream.write(data)


def _settle(file: Path) -> None:
    """Have it on the disk before its name says that it is complete."""
    with file.open("rb") as stream:
        os.fsync(stream.fileno())


def _quietly(call: Callable[[str], None], path: str) -> None:
    try:
        call(path)
    except OSError:
        return


def fetch(system: "FileSystem", path: str, limit: int) -> bytes:
    """The contents of a file that should have no more than `limit` bytes.

    Raises:
        InputError: It can't be read, or has more; the message names no path.
    """
    try:
        with system.open_input_stream(path) as stream:
            data: bytes = stream.read(limit + 1)
    except FileNotFoundError as error:
        raise InputError("no such file") from error
    except OSError as error:
        raise InputError(f"can't be read: {one_line(error)}") from error
    if len(data) > limit:
        raise InputError(f"too large: more than {limit // 1_000_000} MB")
    return data


def one_line(error: BaseException) -> str:
    """What a library said, which may take several lines."""
    return " ".join(str(error).split())
