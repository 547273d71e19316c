"""Whatever an app has (path, bytes, file, Pillow image, array) → RGB uint8 [H, W, 3].

Pictures come out as a person sees them: turned by their EXIF orientation, transparent parts on
white, the first frame of an animation. For reading they come out no larger than that takes.
"""

import io
import os
from typing import IO, TYPE_CHECKING, Any, TypeAlias, Union

import numpy as np
from numpy.typing import NDArray

from digits import plain_jpeg, plain_png
from digits.decoded import Decoded as Decoded
from digits.decoded import Pixels as Pixels
from digits.decoded import reduction
from digits.encoded import Encoded, checked, read_rest
from digits.encoded import read_encoded as read_encoded
from digits.errors import InputError

if TYPE_CHECKING:
    from PIL import Image

# A Union, since apps write `Source | None`, and `|` would need Pillow here when it runs.
Source: TypeAlias = Union[
    str,
    os.PathLike[str],
    bytes,
    bytearray,
    memoryview,
    IO[bytes],
    "Image.Image",
    NDArray[np.generic],
]

# A decoded image takes 3 bytes a pixel, and the front end several times that. Photos of today's
# phones have up to 50 million pixels.
PIXEL_LIMIT = 100_000_000
# What reading needs at most: 12 megapixels come down to 500 x 375. The time of the front end
# grows with the pixels, 7 ms for each million; labels stay the same down to 190,000 pixels.
READING_AREA = 700_000

ACCEPTED_ARRAYS = (
    "accepted are uint8, or float between 0 and 1, of shape [H,W], [H,W,1], [H,W,3] or [H,W,4]"
)


def load_pixels(source: Source) -> Pixels:
    """Decode one image at its full size.

    Args:
        source: A path, the bytes of an image file, a file opened in binary mode (read from where it
            stands), a Pillow image, or an array: uint8, or float between 0 and 1, of shape
            [H,W], [H,W,1], [H,W,3] (RGB) or [H,W,4] (RGBA).

    Returns:
        RGB pixels, uint8 [H, W, 3], contiguous.

    Raises:
        InputError: It can't be read, isn't an image, is damaged or too large; the message starts
            with the path, if there is one.
    """
    return _named(source, PIXEL_LIMIT).pixels


def load_image(source: Source, pixel_limit: int = PIXEL_LIMIT) -> Decoded:
    """Decode one image at the scale that reading needs.

    Images of more than `READING_AREA` pixels are halved until they have no more: JPEG files while
    they are decoded, which saves most of the time that takes; all others by averaging.

    Args:
        source: As for `load_pixels`.
        pixel_limit: The most pixels that it may have, as its header tells before it is decoded.

    Returns:
        RGB pixels, uint8 [H, W, 3], with the size of the whole image.

    Raises:
        InputError: As by `load_pixels`.
    """
    return _named(source, READING_AREA, pixel_limit)


def _named(source: Source, area: int, limit: int = PIXEL_LIMIT) -> Decoded:
    try:
        return _decode(source, area, limit)
    except InputError as error:
        name = source_name(source)
        if name is None:
            raise
        raise InputError(f"{name}: {error}") from error.__cause__


def source_name(source: object) -> str | None:
    """The path that an image comes from, where it has one."""
    return os.fsdecode(source) if isinstance(source, str | os.PathLike) else None


def decode_file(path: str) -> Pixels:
    """Decode one image file: `load_pixels` with messages that don't repeat the path."""
    return _from_encoded(read_encoded(path), PIXEL_LIMIT).pixels


def read_image_file(path: str) -> Decoded:
    """Decode one image file: `load_image` with messages that don't repeat the path."""
    return decode_image(read_encoded(path))


def decode_image(data: Encoded) -> Decoded:
    """Decode what `read_encoded` has read, at the scale that reading needs.

    Raises:
        InputError: It isn't an image, is damaged or too large; the message names no path.
    """
    return _from_encoded(data, READING_AREA)


def _decode(source: Source, area: int, limit: int) -> Decoded:
    if isinstance(source, np.ndarray):
        return _reduced(_from_array(source, limit), area)
    if isinstance(source, str | os.PathLike):
        return _from_encoded(read_encoded(os.fsdecode(source)), area, limit)
    if isinstance(source, bytes | bytearray | memoryview):
        return _from_encoded(checked(bytes(source)), area, limit)
    from digits.pictures import is_picture, read_picture

    if is_picture(source):
        return read_picture(source, area, limit)
    if hasattr(source, "read"):
        return _from_encoded(checked(read_rest(source)), area, limit)
    raise InputError(
        f"a {type(source).__name__} is not an image: "
        "give a path, bytes, a binary file, a Pillow image or a numpy array"
    )


def _from_encoded(encoded: Encoded, area: int, limit: int = PIXEL_LIMIT) -> Decoded:
    if not isinstance(encoded, bytes):
        with encoded:
            return _from_file(encoded, area, limit)
    return (
        plain_png.decode(encoded, min(area, limit))
        or plain_jpeg.decode(encoded, area, limit)
        or _from_file(io.BytesIO(encoded), area, limit)
    )


def _from_file(file: IO[bytes], area: int, limit: int) -> Decoded:
    # Pillow costs 25 ms, which apps that hold arrays need not pay.
    from digits.pictures import read_file

    return read_file(file, area, limit)


def _reduced(pixels: Pixels, area: int) -> Decoded:
    height, width, _ = pixels.shape
    factor = reduction(width, height, area)
    if factor > 1:
        from digits.pictures import shrink

        pixels = shrink(pixels, factor)
    return Decoded(pixels, (width, height), factor)


def _from_array(array: NDArray[np.generic], limit: int) -> Pixels:
    channels = array.shape[2] if array.ndim == 3 else 1
    if array.ndim not in (2, 3) or channels not in (1, 3, 4) or array.size == 0:
        raise InputError(f"an array of shape {list(array.shape)} is no image: {ACCEPTED_ARRAYS}")
    check_size(array.shape[1], array.shape[0], limit)
    levels = _levels(array).reshape(array.shape[0], array.shape[1], channels)
    if channels == 1:
        levels = np.repeat(levels, 3, axis=2)
    if channels == 4:
        levels = on_white(levels)
    return np.ascontiguousarray(levels)


def _levels(array: NDArray[Any]) -> Pixels:
    """Grey levels 0 to 255 of an array of either accepted kind."""
    if array.dtype == np.uint8:
        return array.astype(np.uint8, copy=False)
    if array.dtype.kind != "f":
        raise InputError(f"an array of {array.dtype} is no image: {ACCEPTED_ARRAYS}")
    low, high = array.min(), array.max()
    if not (low >= 0 and high <= 1):  # written so that NaN fails, too
        found = "NaN" if np.isnan(low) else f"values from {low:g} to {high:g}"
        raise InputError(f"a float array with {found} is no image: {ACCEPTED_ARRAYS}")
    return np.rint(array.astype(np.float32) * 255).astype(np.uint8)


def on_white(rgba: Pixels) -> Pixels:
    """Composite RGBA pixels [H, W, 4] on white paper; rounds to the nearest level."""
    alpha = rgba[..., 3:].astype(np.uint16)
    blended: Pixels = ((rgba[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
    return blended


def check_size(width: int, height: int, limit: int) -> None:
    """Refuse an image whose decoded pixels would fill the memory.

    Raises:
        InputError: It has more than `limit` pixels.
    """
    if width * height > limit:
        millions, rest = divmod(limit, 1_000_000)
        allowed = f"{limit}" if rest else f"{millions} million"
        raise InputError(f"too large: {width} x {height} pixels, the limit is {allowed}")
