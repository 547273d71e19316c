"""What the runtime's pages name is there."""

import re
from pathlib import Path

import pytest

import digits
from digits import cli
from digits.find import SUFFIXES

ROOT = Path(__file__).parents[2]
README = (ROOT / "runtime/README.md").read_text(encoding="utf-8")
API = (ROOT / "runtime/API.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "page", ["README.md", "runtime/README.md", "runtime/API.md", "runtime/SERVE.md"]
)
def test_images_of_the_examples_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = set(re.findall(r"samples/images/[\w-]+\.\w+", text))
    assert named
    for name in named:
        assert (ROOT / name).is_file()
        assert Path(name).suffix in SUFFIXES


def test_every_light_command_is_described() -> None:
    for name, command in cli.COMMANDS.items():
        if command.extra is None:
            assert f"`digits {name}" in README


@pytest.mark.parametrize("name", sorted({*digits.__all__} - {"__version__"}))
def test_every_public_name_is_described(name: str) -> None:
    assert re.search(rf"`[^`]*\b{name}\b[^`]*`", API)


def test_this_version_is_among_the_changes() -> None:
    assert f"| {digits.__version__} |" in API.partition("### Changes")[2]


@pytest.mark.parametrize("page", ["README.md", "API.md"])
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / "runtime" / page).read_text(encoding="utf-8")
    for path, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", text):
        target = ROOT / "runtime" / (path or page)
        assert target.exists(), path
        if anchor:
            titles = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", t.lower()).replace(" ", "-") for t in titles}
