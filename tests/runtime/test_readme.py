"""The examples of the runtime's README run."""

import re
from pathlib import Path

import pytest

from digits import cli
from digits.bundle import shipped
from digits.find import SUFFIXES

ROOT = Path(__file__).parents[2]
README = (ROOT / "runtime/README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.skipif("lenet" not in shipped(), reason="needs the shipped bundle of lenet")
@pytest.mark.parametrize("example", EXAMPLES)
def test_python_examples(
    example: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(example, "README.md", "exec"), {})
    assert capsys.readouterr().out


def test_images_of_the_examples_exist() -> None:
    named = re.findall(r"samples/images/[\w.-]+", README)
    assert len(named) == 3
    for name in named:
        assert (ROOT / name).is_file()
        assert Path(name).suffix in SUFFIXES


def test_every_light_command_is_described() -> None:
    for name, command in cli.COMMANDS.items():
        if command.extra is None:
            assert f"`digits {name}" in README
