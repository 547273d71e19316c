"""Bytes that a client sent → pixels: at once where that takes microseconds, else in a thread."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from struct import unpack_from

from digits.errors import InputError
from digits.images import Decoded, load_image
from digits.serve.costly import refuse_costly
from digits.serve.deadlines import before
from digits.serve.replies import bad_image

_PNG = b"\x89PNG\r\n\x1a\n"
_USUAL = (_PNG, b"\xff\xd8\xff")
_HEADER = 24
# Below, decoding takes less than to hand it over to a thread.
_SMALL_BYTES = 16_000
_SMALL_PIXELS = 20_000
# Pixels of a side: several images that are longer, at once, would take gigabytes.
LONGEST_SIDE = 8192


class Decoder:
    """Decodes images, large ones one after the other: each may take 1 GB for a moment.

    JPEG and PNG files, which most send, don't wait for those that take seconds.

    Args:
        most: Pixels that an image may have.
    """

    def __init__(self, most: int) -> None:
        self._load = partial(load_image, pixel_limit=most)
        self._usual = ThreadPoolExecutor(1, thread_name_prefix="digits-decode")
        self._others = ThreadPoolExecutor(1, thread_name_prefix="digits-decode-others")

    async def decode(self, data: bytes, deadline: float) -> Decoded:
        """Decode one image file.

        Args:
            data: Its bytes.
            deadline: When it is too late, on the monotonic clock.

        Raises:
            Refused: It is none, damaged or too large, or it took too long.
        """
        if not data:
            raise bad_image("no image: send the bytes of an image file as the body")
        try:
            if is_small(data):
                return self._load(data)
            refuse_costly(data)
            thread = self._usual if data.startswith(_USUAL) else self._others
            work = asyncio.get_running_loop().run_in_executor(thread, self._load, data)
            return await before(deadline, work)
        except InputError as error:
            raise bad_image(str(error)) from error

    def close(self) -> None:
        """End the threads when they have nothing left to do."""
        self._usual.shutdown(wait=False)
        self._others.shutdown(wait=False)


def is_small(data: bytes) -> bool:
    """Whether it is a PNG file of few bytes and few pixels, as its header says."""
    if len(data) > _SMALL_BYTES or not data.startswith(_PNG) or len(data) < _HEADER:
        return False
    width, height = unpack_from(">II", data, 16)
    return bool(width * height <= _SMALL_PIXELS)
