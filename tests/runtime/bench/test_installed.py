import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution

import pytest

from digits.bench import contenders
from digits.bench.contenders import script
from digits.bench.installed import bytes_of, closure, requirements


class Made(Distribution):
    """A distribution with requirements only."""

    requires = [  # noqa: RUF012
        "numpy>=1.26",
        'colorama; platform_system == "Windows"',
        "onnxruntime>=1.15; extra == 'cpu'",
        'torch ; extra == "export" and python_version > "3"',
    ]

    def read_text(self, filename: str) -> None:
        raise NotImplementedError

    def locate_file(self, path: object) -> None:  # type: ignore[override]
        raise NotImplementedError


@pytest.mark.parametrize(
    ("extra", "names"),
    [
        (None, ["numpy", "colorama"]),
        ("cpu", ["numpy", "colorama", "onnxruntime"]),
        ("export", ["numpy", "colorama", "torch"]),
    ],
)
def test_requirements_of_an_extra(extra: str | None, names: list[str]) -> None:
    assert list(requirements(Made(), extra)) == names


def test_all_that_is_needed() -> None:
    found = closure("digits-edge", "cpu")
    assert {"digits-edge", "numpy", "pillow", "typer"} <= found.keys()
    assert {"torch", "matplotlib"}.isdisjoint(found)
    # The runtime and five small models with their goldens.
    assert 3_000_000 < found["digits-edge"] < 40_000_000
    assert found["numpy"] == bytes_of(distribution("numpy")) > 10_000_000


@pytest.mark.parametrize("name", ["digits", "digits-infer"])
def test_scripts_are_those_that_pip_makes(name: str) -> None:
    *python, option, code = script(name)
    point = next(p for p in distribution("digits-edge").entry_points if p.name == name)
    assert (python, option) == ([sys.executable, "-P"], "-c")
    assert code == f"import sys; from {point.module} import {point.attr}; sys.exit({point.attr}())"


def test_without_an_installation_the_package_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(_: str) -> Distribution:
        raise PackageNotFoundError

    monkeypatch.setattr(contenders, "distribution", absent)
    assert script("digits-infer")[-3:] == ["-m", "digits", "infer"]
    assert script("digits")[-2:] == ["-m", "digits"]


def test_what_is_not_installed_is_left_out() -> None:
    assert closure("no-such-distribution") == {}
