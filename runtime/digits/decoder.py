"""Which decoder reads JPEG files: Pillow's, or that of the extra [fast]; the pixels are the same.

Pillow's takes 130 µs to begin on any JPEG file, and copies the pixels twice; simplejpeg, a binding
of the same library (libjpeg-turbo), takes 3 µs and copies none.
"""

import os
from functools import cache

from digits.errors import UsageError
from digits.extras import need

VARIABLE = "DIGITS_DECODER"
AUTO, PILLOW, SIMPLEJPEG = "auto", "pillow", "simplejpeg"


@cache
def decoder() -> str:
    """What decodes JPEG files here, "simplejpeg" or "pillow"; the environment may choose.

    Raises:
        MissingExtraError: The environment asks for simplejpeg, which isn't installed.
        UsageError: It asks for something unknown.
    """
    wanted = os.environ.get(VARIABLE) or AUTO
    if wanted not in (AUTO, PILLOW, SIMPLEJPEG):
        raise UsageError(f"{VARIABLE} is {wanted!r}: set it to {AUTO}, {PILLOW} or {SIMPLEJPEG}")
    if wanted == SIMPLEJPEG:
        need("fast")
    return SIMPLEJPEG if wanted != PILLOW and _is_there() else PILLOW


def _is_there() -> bool:
    try:
        import simplejpeg  # noqa: F401 - it may be installed and not run here
    except ImportError:
        return False
    return True
