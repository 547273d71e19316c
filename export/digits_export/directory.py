"""Replacing a directory whole: the old one or the new one is there, never a mixture."""

import contextlib
import ctypes
import glob
import os
import shutil
import stat
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath

from digits.errors import OutputError, UsageError

_AT_FDCWD = -100
_EXCHANGE = 2  # RENAME_EXCHANGE
_ASK_AS_WE_ACT = os.access in os.supports_effective_ids


# What desktops leave in folders that someone looked into.
_LEFT_BY_DESKTOPS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})


def check_replaceable(directory: Path, marker: str, ours: Collection[str]) -> None:
    """Refuse to overwrite anything but what we wrote earlier, and what can't be written anyway.

    Args:
        directory: Where to write.
        marker: A file that every directory of ours has.
        ours: Paths in it of all files that a directory of ours can have.

    Raises:
        UsageError: Something else is there, or it is a place that can't be replaced.
        OutputError: Nothing can be written there.
    """
    place = _place(directory)
    if place.is_dir():
        _check_contents(directory, place, marker, ours)
    elif place.exists():
        raise UsageError(f"{directory}: is a file: name a directory to write")
    parent = next(folder for folder in place.parents if folder.exists())
    if not parent.is_dir():
        raise UsageError(f"{directory}: {parent} is a file: name another directory")
    if not os.access(parent, os.W_OK | os.X_OK, effective_ids=_ASK_AS_WE_ACT):
        raise OutputError(f"{directory}: can't be written: nothing can be made in {parent}")


def _check_contents(directory: Path, place: Path, marker: str, ours: Collection[str]) -> None:
    if place == Path.cwd() or place.is_mount():
        kind = "a mount point" if place.is_mount() else "the current directory"
        raise UsageError(
            f"{directory}: is {kind}, which can't be replaced whole: name a directory in it"
        )
    foreign = next(_foreign(place, ours), None)
    if foreign:
        raise UsageError(
            f"{directory}: has {foreign}, which would be lost: name a new directory, or empty it"
        )
    found = any(file.name not in _LEFT_BY_DESKTOPS for file in place.iterdir())
    if found and not (place / marker).is_file():
        raise UsageError(
            f"{directory}: has files and no {marker}: name a new directory, or empty it"
        )


def _foreign(place: Path, ours: Collection[str]) -> Iterator[str]:
    """What is in a directory and isn't ours, without looking into folders that aren't."""
    folders = {str(parent) for name in ours for parent in PurePosixPath(name).parents}
    for folder, inner, files in os.walk(place, onerror=_raised):
        at = Path(folder).relative_to(place)
        for name in sorted(inner):
            if (at / name).as_posix() not in folders or (place / at / name).is_symlink():
                yield (at / name).as_posix()
        for name in sorted(set(files) - _LEFT_BY_DESKTOPS):
            if (at / name).as_posix() not in ours or not (place / at / name).is_file():
                yield (at / name).as_posix()


def _raised(error: OSError) -> None:
    raise error


def replace(directory: Path, files: Mapping[str, bytes]) -> None:
    """Write a directory with these files, by path in it, and put it in place of the old one.

    Raises:
        OutputError: It can't be written, for example because the disk is full. The old one stays.
    """
    place = _place(directory)
    draft = place.parent / f".{place.name}.{os.getpid()}.draft"
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _clear_abandoned(place)
        draft.mkdir()
        for name, data in files.items():
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            _write(draft / name, data)
        _put(draft, place)
    except OSError as error:
        raise OutputError(
            f"{directory}: can't be written: {error.strerror or error}: nothing was changed there"
        ) from error
    finally:
        _remove(draft)


def _place(directory: Path) -> Path:
    """Where a directory really is: through links, and with a name of its own instead of `..`."""
    return Path(os.path.realpath(directory))


def _write(file: Path, data: bytes) -> None:
    with file.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _put(draft: Path, directory: Path) -> None:
    """Give the draft its name; what had the name before takes the draft's."""
    if not directory.exists():
        draft.rename(directory)
    elif not _exchange(draft, directory):
        # Without an exchange in one step: for an instant neither is there, but both are on the
        # disk.
        old = draft.with_suffix(".old")
        directory.rename(old)
        try:
            draft.rename(directory)
        except OSError:
            old.rename(directory)
            raise
        _remove(old)


def _exchange(first: Path, second: Path) -> bool:
    """Swap two names in one step, where the system can; False where it can't."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    names = os.fsencode(first), os.fsencode(second)
    return bool(renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _EXCHANGE) == 0)


def _clear_abandoned(directory: Path) -> None:
    """Remove what exports left that were killed; put the old directory back if it was away."""
    for left in directory.parent.glob(f".{glob.escape(directory.name)}.*.*"):
        *_, process, kind = left.name.split(".")
        if kind not in ("draft", "old") or not process.isdigit() or _alive(int(process)):
            continue
        if kind == "old" and not directory.exists():
            left.rename(directory)
        else:
            _remove(left)


def _remove(directory: Path) -> None:
    with contextlib.suppress(OSError):
        directory.chmod(stat.S_IRWXU)  # an old bundle may have been made read-only
        for folder, inner, _ in os.walk(directory):
            for name in inner:
                Path(folder, name).chmod(stat.S_IRWXU)
    shutil.rmtree(directory, ignore_errors=True)


def _alive(process: int) -> bool:
    """Whether another process has that number; in containers, ours often had it before, too."""
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
