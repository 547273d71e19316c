"""The house rules: who may import whom, what may be in the repository, that all doors open."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from digits.cli import COMMANDS
from digits.extras import MODULES

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = {
    "digits": ROOT / "runtime" / "digits",
    "digits_models": ROOT / "models" / "digits_models",
    "digits_export": ROOT / "export" / "digits_export",
}
SOURCES = [file for package in PACKAGES.values() for file in sorted(package.rglob("*.py"))]
HEAVY = {"torch", "torchvision", "onnx", "onnxscript", "onnx_ir", "safetensors", "matplotlib"}
HEAVY |= {"sklearn"}
FORBIDDEN = {
    "digits": HEAVY | {"digits_models", "digits_export"},
    "digits_models": {"digits_export", "onnx", "onnxscript", "onnx_ir"},
    "digits_export": set(),
}
# What draws the report of `digits eval`; imported when that is asked for.
DRAWING = "digits/reports/"
# Import names that aren't their distributions'.
IMPORTED_AS = {"scikit-learn": "sklearn"}
# A home folder or a mount of the machine that something was made on.
MACHINE = re.compile(rb"(?<![\w.])/(?:(?:home|Users)/[A-Za-z]\w*|root/|work/)")


def name_of(source: Path) -> str:
    """digits/cli.py"""
    package = next(p for p in PACKAGES.values() if source.is_relative_to(p))
    return source.relative_to(package.parent).as_posix()


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def strangers(source: Path) -> set[tuple[str, str]]:
    """What a source imports, anywhere in it, and shouldn't."""
    name = name_of(source)
    found = {module.split(".")[0] for module in imports(ast.parse(source.read_text("utf-8")))}
    forbidden = FORBIDDEN[name.split("/")[0]]
    if name.startswith(DRAWING):
        forbidden = forbidden - {"matplotlib"}
    return {(name, module) for module in found & forbidden}


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    try:
        done = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"needs a git checkout: {error}")
    files = [ROOT / name for name in done.stdout.split("\0") if name]
    return [file for file in files if file.is_file()]


def test_imports_go_one_way_only() -> None:
    assert len(SOURCES) > 60
    assert set().union(*map(strangers, SOURCES)) == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_is_typed(package: str) -> None:
    assert (PACKAGES[package] / "py.typed").is_file()
    assert Path(str(import_module(package).__file__)).parent == PACKAGES[package]


def test_the_wheel_is_made_of_the_three_packages() -> None:
    listed = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert [ROOT / path for path in listed] == list(PACKAGES.values())


@pytest.mark.parametrize("script", PROJECT["project"]["scripts"])
def test_entry_points_load(script: str) -> None:
    installed = {point.name: point for point in distribution("digits-edge").entry_points}
    assert installed[script].value == PROJECT["project"]["scripts"][script]
    assert callable(installed[script].load())


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_load(name: str) -> None:
    module, _, function = COMMANDS[name].target.partition(":")
    assert callable(getattr(import_module(module), function))


def test_extras_are_those_that_the_messages_name() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    assert {command.extra for command in COMMANDS.values()} - {None} <= MODULES.keys()
    for extra, modules in MODULES.items():
        needed = map(Requirement, extras[extra])
        # What isn't to be had everywhere can be done without.
        names = (requirement.name for requirement in needed if requirement.marker is None)
        brought = {IMPORTED_AS.get(name, name.replace("-", "_")) for name in names}
        assert set(modules) == brought, extra


def test_the_two_runtimes_are_never_installed_together() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    wheels = {"onnxruntime", "onnxruntime-gpu"}
    for extra, lines in extras.items():
        brought = {Requirement(line).name for line in lines} & wheels
        assert brought == {"cpu": {"onnxruntime"}, "gpu": {"onnxruntime-gpu"}}.get(extra, set())
    base = {Requirement(line).name for line in PROJECT["project"]["dependencies"]}
    assert base == {"numpy", "pillow", "typer"}
    pairs = PROJECT["tool"]["uv"]["conflicts"]
    conflicts = [sorted(next(iter(side.values())) for side in pair) for pair in pairs]
    assert ["cpu", "gpu"] in conflicts
    assert ["cpu", "dev"] in conflicts


def test_no_file_is_over_2_mb(tracked: list[Path]) -> None:
    assert [file for file in tracked if file.stat().st_size > 2_000_000] == []


def test_weights_and_bundles_are_below_8_mb_together() -> None:
    folders = [PACKAGES["digits_models"] / "weights", PACKAGES["digits"] / "bundles"]
    sizes = [file.stat().st_size for folder in folders for file in folder.rglob("*.*")]
    assert 3_000_000 < sum(sizes) < 8_000_000


def test_no_lock_file_is_tracked(tracked: list[Path]) -> None:
    assert [f for f in tracked if f.suffix == ".lock" or f.name.startswith("requirements")] == []


def test_no_path_of_a_machine_is_tracked(tracked: list[Path]) -> None:
    found = {str(file.relative_to(ROOT)): MACHINE.findall(file.read_bytes()) for file in tracked}
    assert {name: paths for name, paths in found.items() if paths} == {}


@pytest.mark.parametrize("parts", [("home", "ada"), ("root", "x"), ("work", "a"), ("Users", "ada")])
def test_paths_of_machines_are_recognised(parts: tuple[str, str]) -> None:
    # Put together here, or this file would be found.
    path = "/".join(("", *parts))
    assert MACHINE.findall(f"in '{path}'".encode())
    assert not MACHINE.findall(f"models{path} {'-'.join(parts)}".encode())
