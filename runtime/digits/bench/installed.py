"""What distributions take on disk, as their own records tell."""

import re
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

OURS = "digits-edge"
_PACKAGES = ("digits", "digits_models", "digits_export")
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")


def closure(name: str, extra: str | None = None) -> dict[str, int]:
    """A distribution and all that it needs: bytes of each, by name.

    Args:
        name: Of the distribution; one that isn't installed is left out.
        extra: One of its extras that counts, too.
    """
    found: dict[str, int] = {}
    waiting = [(name, extra)]
    while waiting:
        wanted, part = waiting.pop()
        key = wanted.lower().replace("_", "-")
        known = None if key in found else _distribution(wanted)
        if known is not None:
            found[key] = _own_bytes() if key == OURS else bytes_of(known)
            waiting += [(needed, None) for needed in requirements(known, part)]
    return found


def requirements(known: Distribution, extra: str | None) -> Iterator[str]:
    """Names of what it needs; markers other than extras are left to who is installed."""
    for line in known.requires or ():
        match, extras = _NAME.match(line), _EXTRA.findall(line)
        if match and (not extras or extra in extras):
            yield match.group()


def bytes_of(known: Distribution) -> int:
    """Bytes of the files that its record lists."""
    files = (Path(str(file.locate())) for file in known.files or ())
    return sum(file.stat().st_size for file in files if file.is_file())


def _own_bytes() -> int:
    """Of our own packages; a clone's record lists none of their files."""
    return sum(_tree(Path(spec.origin).parent) for spec in _specs() if spec.origin)


def _specs() -> Iterator[ModuleSpec]:
    yield from (spec for name in _PACKAGES if (spec := find_spec(name)) is not None)


def _tree(folder: Path) -> int:
    return sum(
        file.stat().st_size
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    )


def _distribution(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None
