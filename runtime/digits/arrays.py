"""Reading the arrays of an .npz file that a stranger may have made: plain ones, and no bombs."""

import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from math import prod
from typing import IO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[np.generic]]


def read_arrays(data: bytes, wanted: Callable[[str], bool] | None = None) -> Arrays:
    """The arrays in the bytes of an uncompressed .npz file.

    Args:
        data: The file's contents.
        wanted: Tells by its name whether an array is read; all are without it.

    Raises:
        ValueError: It isn't one, or its arrays aren't as large as they claim.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            _check_sizes(archive, len(data))
        with np.load(BytesIO(data), allow_pickle=False) as file:
            names = (name for name in file.files if wanted is None or wanted(name))
            return {name: file[name] for name in names}
    except _ClaimError as error:
        raise ValueError(str(error)) from error
    except Exception as error:  # zipfile and numpy raise whatever damaged data leads to
        raise ValueError("not a readable file of plain arrays") from error


class _ClaimError(Exception):
    """An array isn't what it claims."""


def _check_sizes(archive: zipfile.ZipFile, size: int) -> None:
    """Look at the headers before memory is taken for what they claim."""
    members = archive.infolist()
    if sum(member.file_size for member in members) > size:
        raise _ClaimError("claims more bytes than it has")
    for member in members:
        if member.compress_type != zipfile.ZIP_STORED:
            raise _ClaimError(f"{member.filename!r} is compressed")
        with archive.open(member) as stream:
            claimed = _claimed(stream)
            held = member.file_size - stream.tell()
        if claimed != held:
            raise _ClaimError(f"{member.filename!r} claims {claimed} bytes and has {held}")


def _claimed(stream: IO[bytes]) -> int:
    version = npy.read_magic(stream)
    header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = header(stream)
    if dtype.hasobject:
        raise _ClaimError("holds objects, not numbers")
    return int(prod(shape) * dtype.itemsize)
