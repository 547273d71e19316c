"""Paths as they are typed again."""

import os
import shlex
from pathlib import Path


def argument(directory: Path) -> str:
    """A directory as an argument; a bare name could be that of a shipped model."""
    bare = len(directory.parts) == 1 and not directory.is_absolute()
    return shlex.quote(f".{os.sep}{directory}" if bare else str(directory))
