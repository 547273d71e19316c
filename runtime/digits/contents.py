"""Opening the files of a bundle, which a stranger may have made: nothing but real files in it."""

import os
import stat
from pathlib import Path

from digits.errors import ModelError


def check_place(file: Path) -> int:
    """Make sure that it is a regular file in its own folder, before it is opened.

    A pipe would wait for ever, a device may never end, and a link may lead to anything.

    Returns:
        Its size in bytes.

    Raises:
        ModelError: It is something else, or a link that leaves the folder.
        OSError: It is missing, or can't be looked at.
    """
    if file.is_symlink() and Path(os.path.realpath(file)).parent != file.parent.resolve():
        raise ModelError(f"{file}: is a link that leaves the bundle: copy the file there instead")
    found = file.stat()
    if not stat.S_ISREG(found.st_mode):
        raise ModelError(f"{file}: is no regular file: export the model again")
    return found.st_size
