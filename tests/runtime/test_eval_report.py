"""`digits eval --report`: what is written, what the page holds, what stays as it was."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digits import cli, extras
from digits.accuracy import Answer
from digits.mistakes import Reading
from digits.reports.contact_sheet import GAP, MARGIN, TILE, contact_sheet
from digits.reports.tiles import SIDE, caption, fitted, tiles

Photo = Callable[..., Path]
WRITTEN = {
    "index.html",
    "report.json",
    "accuracy.png",
    "confusion.png",
    "mistakes.png",
    "reliability.png",
}


@pytest.fixture
def pages(photo: Photo) -> Path:
    """Five images of three writers and two kinds: the tiny model reads levels as tenths."""
    rows = [("a", 200, "7", "pen", "x"), ("b", 200, "8", "pen", "x"), ("c", 100, "3", "chalk", "y")]
    rows += [("d<b>", 30, "", "blank", "z"), ("e", 30, "none", "blank", "z")]
    for name, level, *_ in rows:
        photo(f"pages/{name}.png", level, (28, 28))
    lines = [f"{name}.png,{','.join(more)}" for name, _, *more in rows]
    folder = photo("pages/a.png", 200, (28, 28)).parent
    (folder / "labels.csv").write_text("\n".join(["file,label,kind,writer", *lines]))
    return folder


def evaluate(*arguments: object) -> int:
    return cli.main(["eval", *map(str, arguments), "--provider", "cpu"])


def test_a_report_is_a_page_with_its_pictures_and_figures(
    tiny: Path, pages: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    report = tmp_path / "new" / "report"
    assert evaluate(tiny, pages, "--report", report, "--format", "json") == 0
    assert {file.name for file in report.iterdir()} == WRITTEN
    assert [file.name for file in report.parent.iterdir()] == ["report"]
    printed = json.loads(capsys.readouterr().out)
    written = json.loads((report / "report.json").read_text())
    mistakes = written.pop("mistakes")
    assert written == printed
    assert (written["right"], written["writers"], written["interval_by"]) == (2, 3, "writers")
    assert [m["label"] for m in mistakes] == sorted((m["label"] for m in mistakes), key="17".find)
    assert {m["name"].rsplit("/")[-1]: m["truth"] for m in mistakes} == {
        "b.png": "8",
        "d<b>.png": None,
        "e.png": None,
    }
    for name in WRITTEN - {"index.html", "report.json"}:
        with Image.open(report / name) as image:
            assert (image.format, image.size[0] > 600) == ("PNG", True)


class Page(HTMLParser):
    """Collects what a page loads and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append(tag)
        found = dict(attrs)
        self.sources += [found[key] for key in ("src", "href", "srcset") if key in found]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_needs_no_other_file_and_no_host(tiny: Path, pages: Path, tmp_path: Path) -> None:
    assert evaluate(tiny, pages, "--report", tmp_path / "report") == 0
    text = (tmp_path / "report" / "index.html").read_text()
    page = Page(text)
    assert len(page.sources) == 3 + 2 * 3
    assert all(source.startswith("data:image/png;base64,") for source in page.sources)
    assert "url(" not in text
    assert not re.search(r"https?://", text)
    assert "b" in page.tags
    assert page.tags.count("figure") == 3
    assert "d<b>.png" in page.text
    for shown in ("prefers-color-scheme: dark", "width=device-width", "default-src 'none'"):
        assert shown in text
    for said in (
        "40.00 %",
        "2 of 5",
        "by 3 writers (bootstrap)",
        "read 7, is 8",
        "no single digit",
    ):
        assert said in page.text


def test_a_second_report_replaces_the_first_and_nothing_else(
    tiny: Path, pages: Path, tmp_path: Path
) -> None:
    report = tmp_path / "report"
    report.mkdir()
    (report / "notes.txt").write_text("mine")
    (report / "index.html").write_text("old")
    assert evaluate(tiny, pages, "--report", report) == 0
    assert (report / "notes.txt").read_text() == "mine"
    assert (report / "index.html").read_text().startswith("<!doctype html>")
    assert {file.name for file in report.iterdir()} == WRITTEN | {"notes.txt"}


def test_a_report_that_can_not_be_written_stops_before_reading(
    tiny: Path, pages: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "file").touch()
    for target in (tmp_path / "file", tmp_path / "file" / "report"):
        assert evaluate(tiny, pages, "--report", target) == 1
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.count("\n") == 1
        assert str(target) in captured.err
    (tmp_path / "report" / "index.html").mkdir(parents=True)
    assert evaluate(tiny, pages, "--report", tmp_path / "report") == 1
    assert "index.html: is a folder" in capsys.readouterr().err
    assert [file.name for file in (tmp_path / "report").iterdir()] == ["index.html"]


def test_matplotlib_is_asked_for_before_anything_is_read(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    found = extras.find_spec
    monkeypatch.setattr(
        extras, "find_spec", lambda name: None if name == "matplotlib" else found(name)
    )
    assert evaluate(tiny, tmp_path / "nothing", "--report", tmp_path / "report") == 3
    assert "digits-edge[plot]'" in capsys.readouterr().err
    assert not (tmp_path / "report").exists()


def test_a_report_without_any_mistake(tiny: Path, photo: Photo, tmp_path: Path) -> None:
    folder = photo("good/7/a.png", 200).parents[1]
    assert evaluate(tiny, folder, "--report", tmp_path / "report", "--canvas") == 1
    assert evaluate(tiny, folder, "--report", tmp_path / "report") == 0
    assert "<p>None.</p>" in (tmp_path / "report" / "index.html").read_text()


def test_pages_without_a_digit_in_a_subfolder(
    tiny: Path, photo: Photo, capsys: pytest.CaptureFixture
) -> None:
    folder = photo("folders/none/a.png", 30).parents[1]
    photo("folders/7/b.png", 200)
    assert evaluate(tiny, folder) == 0
    out = capsys.readouterr().out
    assert "50.00 %: 1 of 2" in out
    assert next(line.split() for line in out.splitlines() if line.startswith("none "))[2] == "1"


def test_answers_below_the_minimum_confidence_are_none(
    tiny: Path, photo: Photo, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    folder = photo("some/7/sure.png", 191).parents[1]  # in the middle of the tenth
    for name in ("7/between.png", "none/between.png"):
        photo(f"some/{name}", 203)
    report = tmp_path / "report"
    arguments = (tiny, folder, "--report", report, "--min-confidence", 0.8)
    assert evaluate(*arguments, "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["right"], found["abstained"]) == (2, {"unsure": 2})
    assert found["thresholds"] == {"confidence": 0.8}
    assert found["confusion"][7][-1] == found["confusion"][-1][-1] == 1
    assert found["answered"]["accuracy"] == 1.0
    assert json.loads((report / "report.json").read_text())["mistakes"][0]["reason"] == "unsure"
    page = (report / "index.html").read_text()
    assert "abstained: unsure, is 7" in page
    assert "Abstained: 2 (66.67 %): 2 unsure." in page
    assert evaluate(*arguments) == 0
    out = capsys.readouterr().out
    assert "abstained      2 (66.67 %): 2 unsure" in out
    assert "answered       33.33 %, of which 100.00 % right" in out
    assert evaluate(tiny, folder, "--canvas", "--min-confidence", 2) == 2
    assert evaluate(tiny, folder, "--always", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["abstained"] == {}


def test_captions() -> None:
    def said(**answer: object) -> str:
        return caption(Reading("", Answer(**answer), np.zeros((28, 28), np.uint8)))

    assert said(truth="1", label="7", confidence=0.987) == "read 7, is 1, 99 %"
    assert said(truth=None, label="7", confidence=0.6) == "read 7, no single digit, 60 %"
    unsure = said(truth="1", label=None, confidence=0.4, reason="unsure")
    assert unsure == "abstained: unsure, is 1, 40 %"


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((28, 28), (140, 140)),
        ((1, 1), (140, 140)),
        ((60, 30), (120, 60)),
        ((100, 50), (140, 70)),
        ((4000, 1000), (140, 35)),
        ((5000, 1), (140, 1)),
    ],
)
def test_pictures_fit_into_their_tiles(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert fitted(Image.new("L", size)).size == expected


def test_the_sheet_shows_the_canvas_beside_the_picture(tmp_path: Path) -> None:
    canvas = np.full((28, 28), 7, np.uint8)
    picture = np.full((28, 28, 3), (10, 200, 30), np.uint8)
    items = [Reading("n", Answer("1", "7"), canvas, picture) for _ in range(5)]
    items.append(Reading(str(tmp_path / "gone.png"), Answer("1", "7"), canvas))
    (tmp_path / "sheet.png").write_bytes(contact_sheet(tiles(items)))
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (2 * MARGIN + 4 * TILE[0] + 3 * GAP, 2 * MARGIN + 2 * TILE[1] + GAP)
        for place in range(5):
            left = MARGIN + place % 4 * (TILE[0] + GAP) + GAP + SIDE // 2
            top = MARGIN + place // 4 * (TILE[1] + GAP) + GAP + SIDE // 2
            assert sheet.getpixel((left, top)) == (7, 7, 7)
            assert sheet.getpixel((left + SIDE + GAP, top)) == (10, 200, 30)
