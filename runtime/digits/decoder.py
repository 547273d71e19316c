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
def wanted() -> str:
    """What the environment asks for: "auto", "pillow" (for every format) or "simplejpeg".

    Raises:
        UsageError: It asks for something else.
    """
    value = os.environ.get(VARIABLE) or AUTO
    if value not in (AUTO, PILLOW, SIMPLEJPEG):
        raise UsageError(f"{VARIABLE} is {value!r}: set it to {AUTO}, {PILLOW} or {SIMPLEJPEG}")
    return value


@cache
def decoder() -> str:
    """What decodes JPEG files here, "simplejpeg" or "pillow".

    Raises:
        MissingExtraError: The environment asks for simplejpeg, which isn't installed.
        UsageError: It asks for something unknown.
    """
    if wanted() == SIMPLEJPEG:
        need("fast")
    return SIMPLEJPEG if wanted() != PILLOW and _is_there() else PILLOW


def _is_there() -> bool:
    try:
        import simplejpeg  # noqa: F401 - it may be installed and not run here
    except ImportError:
        return False
    return True
