"""The same weights and tools give the same bytes: elsewhere, as someone else, in another Python."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from digits_export import inputs
from digits_export.bundle import Bundled

# These name the machine, and are outside of the promise.
MAY_DIFFER = {"proof.json", "report.md"}
# Named by it: the interpreter of an environment with the `dev` group's versions.
OTHER_PYTHON = "DIGITS_OTHER_PYTHON"
SOURCES = [str(Path(__file__).parents[2] / part) for part in ("runtime", "models", "export")]

# Exports lenet; proves it on the goldens alone, since the proof isn't compared.
EXPORT = """
import os, sys
from pathlib import Path
os.umask(0o077)
from digits_export import bundle, inputs, subject
from digits_models import weights
inputs.SIZES = ((1, 1),)
inputs.BATCHES = (1,)
bundle.export(subject.trained_subject(weights.load("lenet")), Path(sys.argv[1]))
print(*sys.version_info[:2])
"""


def promised(contents: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in contents.items() if name not in MAY_DIFFER}


def differing(one: Mapping[str, bytes], other: Mapping[str, bytes]) -> list[str]:
    """Names of the files that differ; whole files would fill a failure's message."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def export_elsewhere(python: str, folder: Path) -> tuple[Path, str]:
    """Export with all changed that may be, and say in which Python."""
    home = folder / "home of someone else"
    home.mkdir()
    changed = {
        "HOME": str(home),
        "USER": "someone-else",
        "LOGNAME": "someone-else",
        "LANG": "C",
        "TZ": "Pacific/Auckland",
        "PYTHONHASHSEED": "4711",
        "PYTHONPATH": os.pathsep.join(SOURCES),
        "OMP_NUM_THREADS": "2" if os.environ.get("OMP_NUM_THREADS") == "1" else "1",
    }
    out = folder / "a longer name" / "lenet"
    command = [python, "-W", "ignore", "-c", EXPORT, str(out)]
    done = subprocess.run(
        command, cwd=home, env=os.environ | changed, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return out, done.stdout.strip().replace(" ", ".")


def test_the_same_bytes_as_someone_else_elsewhere(
    full: Bundled, tmp_path: Path, contents: Callable[[Path], dict[str, bytes]]
) -> None:
    out, _ = export_elsewhere(sys.executable, tmp_path)
    ours = promised(contents(full.directory))
    assert len(ours) == 7
    assert differing(ours, promised(contents(out))) == []


def test_the_same_bytes_in_another_python(
    full: Bundled, tmp_path: Path, contents: Callable[[Path], dict[str, bytes]]
) -> None:
    python = os.environ.get(OTHER_PYTHON)
    if not python:
        pytest.skip(
            f"needs ${OTHER_PYTHON}: the interpreter of an environment of another Python with "
            "the versions of pyproject.toml's dev group (see export/README.md)"
        )
    out, version = export_elsewhere(python, tmp_path)
    assert version != f"{sys.version_info.major}.{sys.version_info.minor}"
    assert differing(promised(contents(full.directory)), promised(contents(out))) == []


def test_a_difference_is_told() -> None:
    assert differing({"a": b"1", "b": b"2"}, {"a": b"1", "b": b"3", "c": b""}) == ["b", "c"]
    assert len(inputs.SIZES) > 1  # the program above changes these in its own process
