"""What the page writes by itself are the samples' digits."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "runtime" / "digits" / "serve" / "page"


def test_the_pages_digits_are_the_samples() -> None:
    source = (PAGE.parents[3] / "samples" / "drawing" / "glyphs.py").read_text()
    written = re.findall(r'"(\d+,\d+ [\d, /]+)"', (PAGE / "writing.js").read_text())
    assert len(written) >= 12
    assert [stroke for stroke in written if f'"{stroke}"' not in source] == []


def test_nothing_is_inline_and_nothing_from_elsewhere() -> None:
    html = (PAGE / "index.html").read_text()
    assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", html) == []
    for file in PAGE.iterdir():
        found = re.findall(r"https?://[^\s\"']+", file.read_text())
        assert set(found) <= {"http://www.w3.org/2000/svg"}, file.name
