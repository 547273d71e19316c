"""Another Python with the same versions of the exporter's packages gives the same bytes."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from digits_export.bundle import Bundled

# These name the machine, and are outside of the promise.
MAY_DIFFER = {"proof.json", "report.md"}
# Named by it: the interpreter of an environment with the `dev` group's versions.
OTHER_PYTHON = "DIGITS_OTHER_PYTHON"
SOURCES = [str(Path(__file__).parents[2] / part) for part in ("runtime", "models", "export")]

EXPORT = """
import sys
from pathlib import Path
from digits_export import bundle, subject
from digits_models import weights
bundle.export(subject.trained_subject(weights.load("lenet")), Path(sys.argv[1]))
print(*sys.version_info[:2], sep=".")
"""


def test_the_same_bytes_in_another_python(
    full: Bundled, tmp_path: Path, contents: Callable[[Path], dict[str, bytes]]
) -> None:
    python = os.environ.get(OTHER_PYTHON)
    if not python:
        pytest.skip(
            f"needs ${OTHER_PYTHON}: the interpreter of an environment of another Python with "
            "the versions of pyproject.toml's dev group (see export/README.md)"
        )
    done = subprocess.run(
        [python, "-W", "ignore", "-c", EXPORT, str(tmp_path / "lenet")],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(SOURCES), "PYTHONHASHSEED": "4711"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() != f"{sys.version_info.major}.{sys.version_info.minor}"
    ours, theirs = contents(full.directory), contents(tmp_path / "lenet")
    assert len(ours.keys() - MAY_DIFFER) == 7
    assert ours.keys() == theirs.keys()
    assert [name for name in ours.keys() - MAY_DIFFER if ours[name] != theirs[name]] == []
