"""How a camera was held: the orientation in an EXIF block (TIFF 6.0, tag 274), and undoing it."""

from struct import Struct

from digits.decoded import Pixels

TAG = 0x0112
SIDEWAYS = (5, 6, 7, 8)
_EXIF = b"Exif\0\0"
_SHORT = 3
# Bytes of a value of each type; Pillow skips entries of others.
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}
_INLINE = 4
_HEAD = 8
# Where the first directory is; how many entries it has; an entry; a short value.
_LAYOUTS = {
    b"II*\0": (Struct("<I"), Struct("<H"), Struct("<HHII"), Struct("<H")),
    b"MM\0*": (Struct(">I"), Struct(">H"), Struct(">HHII"), Struct(">H")),
}
_Entry = tuple[int, int, int, int, int]


def from_exif(block: bytes) -> int | None:
    """The orientation in a whole and usual EXIF block, 1 if it has none.

    Returns:
        None if the block is in any way odd: Pillow, which mends much, has to read it.
    """
    entries = _entries(block.removeprefix(_EXIF)) if block.startswith(_EXIF) else None
    if entries is None:
        return None
    found = [entry[1:] for entry in entries if entry[0] == TAG]
    if not found:
        return 1
    kind, count, _, value = found[0]
    return value if (len(found), kind, count) == (1, _SHORT, 1) else None


def _entries(tiff: bytes) -> list[_Entry] | None:
    """The first directory's entries: tag, type, count, where the values are, a short value."""
    layout = _LAYOUTS.get(tiff[:4])
    if layout is None or len(tiff) < _HEAD:
        return None
    offset, count, entry, value = layout
    start = offset.unpack_from(tiff, 4)[0] + count.size
    if start > len(tiff):
        return None
    end = start + entry.size * count.unpack_from(tiff, start - count.size)[0]
    if end > len(tiff):
        return None
    # A short value stands where else it is said where the values are.
    values = (value.unpack_from(tiff, at)[0] for at in range(start + 8, end, entry.size))
    found = zip(entry.iter_unpack(tiff[start:end]), values, strict=True)
    entries = [(*fields, short) for fields, short in found]
    return entries if all(_is_whole(entry, len(tiff)) for entry in entries) else None


def _is_whole(entry: _Entry, length: int) -> bool:
    _, kind, count, offset, _ = entry
    size = count * _SIZES.get(kind, 0)
    return size <= _INLINE or offset + size <= length


def undo_orientation(pixels: Pixels, orientation: int) -> Pixels:
    """Undo an orientation: 1 to 8, anything else is upright. The result may be a view."""
    if orientation in SIDEWAYS:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels
