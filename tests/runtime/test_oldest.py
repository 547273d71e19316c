"""The oldest versions that pyproject.toml allows, in a bare environment: they prove the models."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from digits.bundle import shipped

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
# What uv prints when no index answers.
OFFLINE = r"Failed to (fetch|download)|dns error|Network is unreachable|Connection refused"

Run = Callable[..., subprocess.CompletedProcess[str]]


def floor(requirements: list[str], name: str) -> str:
    """The oldest version of a package that is allowed, 1.26 for example."""
    return next(
        match[1] for text in requirements if (match := re.match(rf"{name}>=([\d.]+)", text))
    )


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with the project and the oldest of all that it needs, and nothing else."""
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if uv is None:
        pytest.skip("needs uv: run: pip install uv")
    folder = tmp_path_factory.mktemp("oldest")
    command = [uv, "venv", "--quiet", "--python", sys.executable, folder / "env"]
    subprocess.run(command, check=True, capture_output=True)
    interpreter = folder / "env" / "bin" / "python"
    # The oldest of what the project names; what those need may be new.
    command = [uv, "pip", "install", "--python", interpreter, "--resolution", "lowest-direct"]
    done = subprocess.run(
        [*command, f"{ROOT}[cpu]"], cwd=folder, capture_output=True, text=True, check=False
    )
    if re.search(OFFLINE, done.stderr):
        pytest.skip("needs a package index: uv can't reach one from here")
    if "no wheels with a matching Python" in done.stderr:
        pytest.skip(
            f"needs Python 3.11, for which all of the oldest have wheels, not {sys.version}"
        )
    assert done.returncode == 0, done.stderr
    return interpreter


@pytest.fixture
def run(python: Path, tmp_path: Path) -> Run:
    """Runs a program there, away from the checkout."""

    def call(*arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, *map(str, arguments)],
            cwd=tmp_path,
            env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
            capture_output=True,
            text=True,
            check=False,
        )

    return call


def test_they_are_the_oldest(run: Run) -> None:
    code = "import onnxruntime, numpy; print(onnxruntime.__version__, numpy.__version__)"
    runtime, numpy = run("-c", code).stdout.split()
    assert runtime.startswith(floor(PROJECT["optional-dependencies"]["cpu"], "onnxruntime"))
    assert numpy.startswith(floor(PROJECT["dependencies"], "numpy"))


@pytest.mark.parametrize("model", shipped())
def test_the_models_prove_themselves(model: str, run: Run) -> None:
    done = run("-m", "digits", "verify", model, "--format", "json")
    assert done.returncode == 0, done.stderr
    receipt = json.loads(done.stdout)
    assert receipt["passed"] is True
    assert {"labels", "image labels"} <= {check["name"] for check in receipt["checks"]}


def test_a_plain_session_gives_the_same_labels(run: Run) -> None:
    program = ROOT / "samples" / "peers" / "replay.py"
    done = run(program, "onnxruntime", ROOT / "runtime" / "digits" / "bundles" / "lenet")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert [graph["flips"] for graph in report["graphs"].values()] == [0, 0]
    assert all(graph["goldens"] > 10 for graph in report["graphs"].values())
