"""Which shared libraries a machine has, found out without running any of their code twice."""

import ctypes
import mmap
import struct
from pathlib import Path

# Numbers from the ELF specification (System V ABI, chapters 4 and 5): 64 bit, little endian.
_MAGIC = b"\x7fELF\x02\x01"
_SECTION_DYNAMIC = 6
_TAG_NEEDED = 1


def loads(name: str) -> bool:
    """Whether the system's loader finds a library (which then stays loaded)."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def needed(library: Path) -> list[str]:
    """The libraries that an ELF library is linked against; none for other formats.

    Reading the file is the only safe way to learn them: ONNX Runtime's CUDA library, opened by
    anyone but ONNX Runtime, misses its host for the rest of the process.
    """
    with library.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[:6] != _MAGIC:
            return []
        sections = _sections(data)
        for kind, offset, size, link in sections:
            if kind == _SECTION_DYNAMIC:
                return _names(data, offset, size, sections[link][1])
    return []


def _sections(data: mmap.mmap) -> list[tuple[int, int, int, int]]:
    """Type, file offset, size and linked section of each section."""
    (table,) = struct.unpack_from("<Q", data, 0x28)
    entry_size, count = struct.unpack_from("<HH", data, 0x3A)
    headers = (struct.unpack_from("<IIQQQQII", data, table + i * entry_size) for i in range(count))
    return [(header[1], header[4], header[5], header[6]) for header in headers]


def _names(data: mmap.mmap, offset: int, size: int, strings: int) -> list[str]:
    entries = (struct.unpack_from("<qQ", data, offset + i) for i in range(0, size, 16))
    starts = [strings + value for tag, value in entries if tag == _TAG_NEEDED]
    return [data[start : data.find(b"\0", start)].decode() for start in starts]
