"""How a camera was held: the orientation in an EXIF block (TIFF 6.0, tag 274), and undoing it."""

from struct import Struct

from digits.decoded import Pixels

TAG = 0x0112
SIDEWAYS = (5, 6, 7, 8)
_EXIF = b"Exif\0\0"
_SHORT = 3
# Where the first directory is; how many entries it has; an entry: tag, type, count, value.
_LAYOUTS = {
    b"II*\0": (Struct("<I"), Struct("<H"), Struct("<HHIH2x")),
    b"MM\0*": (Struct(">I"), Struct(">H"), Struct(">HHIH2x")),
}


def from_exif(block: bytes) -> int | None:
    """The orientation in a whole and usual EXIF block, 1 if it has none.

    Returns:
        None if the block is in any way odd: Pillow, which mends much, has to read it.
    """
    layout = _LAYOUTS.get(block[6:10])
    if layout is None or not block.startswith(_EXIF) or len(block) < 14:
        return None
    offset, count, entry = layout
    start = len(_EXIF) + offset.unpack_from(block, 10)[0]
    if start + count.size > len(block):
        return None
    first = start + count.size
    last = first + entry.size * count.unpack_from(block, start)[0]
    if last > len(block):
        return None
    found = [fields[1:] for fields in entry.iter_unpack(block[first:last]) if fields[0] == TAG]
    if not found:
        return 1
    kind, values, value = found[0]
    return value if (len(found), kind, values) == (1, _SHORT, 1) else None


def undo_orientation(pixels: Pixels, orientation: int) -> Pixels:
    """Undo an orientation: 1 to 8, anything else is upright. The result may be a view."""
    if orientation in SIDEWAYS:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels
