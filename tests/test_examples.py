"""Every example in Python that the documentation shows runs as it stands."""

import doctest
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
OURS = ("digits", "digits_models", "digits_export")


def documents() -> list[Path]:
    """Pages of this repository, not those of what is installed or made in it."""
    folders = [ROOT / name for name in ("runtime", "models", "export", "samples")]
    below = sorted(file for folder in folders for file in folder.rglob("*.md"))
    return [ROOT / "README.md", *(file for file in below if "node_modules" not in file.parts)]


def examples_in(file: Path) -> Iterator[tuple[str, int, str]]:
    """Page, line and text of each example."""
    text = file.read_text(encoding="utf-8")
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start(1)) + 1
        yield file.relative_to(ROOT).as_posix(), line, block[1]


EXAMPLES = [example for file in documents() for example in examples_in(file)]


def run(page: str, line: int, example: str) -> None:
    """Run an example; errors name its line in the page."""
    if not example.startswith(">>>"):
        exec(compile("\n" * (line - 1) + example, page, "exec"), {"__name__": "__main__"})
        return
    test = doctest.DocTestParser().get_doctest(example, {}, page, page, line)
    assert doctest.DocTestRunner().run(test).failed == 0


@pytest.mark.parametrize(
    ("page", "line", "example"), EXAMPLES, ids=[f"{page}:{line}" for page, line, _ in EXAMPLES]
)
def test_example(
    page: str,
    line: int,
    example: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(ROOT)
    try:
        run(page, line, example)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] in OURS:
            raise
        pytest.skip(f"needs {error.name}")
    assert capsys.readouterr().out or example.startswith(">>>")


def test_pages_with_examples_are_found() -> None:
    pages = {page for page, _, _ in EXAMPLES}
    assert {"README.md", "models/README.md", "runtime/README.md", "runtime/API.md"} <= pages
