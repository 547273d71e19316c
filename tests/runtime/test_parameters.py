"""Parameters that are declared without typer: what typer makes of them, and calls without it."""

import subprocess
import sys
from inspect import signature
from pathlib import Path
from typing import Annotated, get_args

import pytest
import typer

from digits import cli
from digits.commands.infer import infer
from digits.commands.parameters import Argument, Option, for_typer


def stated(
    paths: Annotated[list[str], Argument(metavar="PATH...", help="Images.")],
    count: Annotated[int, Option("--count", "-c", min=2, metavar="N", help="How many.")] = 3,
    size: Annotated[float, typer.Option(help="Declared with typer.")] = 0.5,
    plain: int = 7,
) -> int:
    """Do something."""
    return len(paths) + count + int(size) + plain


def test_typers_declarations_take_the_place_of_ours() -> None:
    command = for_typer(stated)
    assert (command.__name__, command.__doc__) == ("stated", "Do something.")
    parameters = signature(command).parameters
    kind, argument = get_args(parameters["paths"].annotation)
    assert kind == list[str]
    assert isinstance(argument, typer.models.ArgumentInfo)
    assert (argument.metavar, argument.help) == ("PATH...", "Images.")
    _, option = get_args(parameters["count"].annotation)
    assert isinstance(option, typer.models.OptionInfo)
    assert (option.default, option.param_decls) == ("--count", ("-c",))
    assert (option.min, option.metavar, option.help) == (2, "N", "How many.")
    assert parameters["count"].default == 3
    assert parameters["size"] == signature(stated).parameters["size"]
    assert parameters["plain"] == signature(stated).parameters["plain"]
    assert command(paths=["a", "b"], count=5) == 14
    assert get_args(signature(stated).parameters["paths"].annotation)[1].help == "Images."


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """What `infer` is called with, instead of reading images."""
    calls: list[dict] = []

    def keep(*given: object, **named: object) -> int:
        bound = signature(infer).bind(*given, **named)
        bound.apply_defaults()
        calls.append(bound.arguments)
        return 1

    keep.__signature__ = signature(infer)
    monkeypatch.setattr("digits.commands.infer.infer", keep)
    return calls


@pytest.mark.parametrize("paths", [["a.png"], ["a", "b c", "-"], ["ü", "x=1", ""]])
def test_paths_alone_mean_the_same_with_and_without_typer(
    called: list[dict], paths: list[str]
) -> None:
    assert cli.infer(paths) == 1
    assert cli.infer(["--model", "lenet", *paths]) == 1
    assert called[0] == called[1]
    assert called[0]["paths"] == paths


@pytest.mark.parametrize("args", [["a", "--", "-b"], ["--", "a"], ["a", "-r"]])
def test_what_looks_like_an_option_is_parsed(called: list[dict], args: list[str]) -> None:
    assert cli.infer(args) == 1
    assert called[0]["paths"] == [arg for arg in args if arg not in ("--", "-r")]
    assert called[0]["recursive"] == ("-r" in args)


def test_reading_an_image_without_options_imports_no_typer(tiny: Path) -> None:
    code = (
        "import sys; from digits.cli import infer; assert infer(['nope', 'neither']) == 1; "
        "assert 'typer' not in sys.modules; "
        f"assert infer(['--model', {str(tiny)!r}, 'nope']) == 1; assert 'typer' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
