import io
import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from digits.bench.measurements.batch import NAMES as ENGINES
from digits.bench.measurements.batch import THREADS, name_of
from digits.bench.measurements.latency import STEPS
from digits.bench.measurements.stages import STAGES, SUBJECTS
from digits.bench.results import Measured, Run, from_record

pytest.importorskip("matplotlib", reason="needs matplotlib")
from PIL import Image

from digits.reports.bench import report

Samples = dict[tuple[str, str], tuple[float, ...]]


def batch() -> Samples:
    return {
        (name_of(engine, threads), f"batch {size}"): (100.0 * size, 110.0 * size)
        for engine in ENGINES
        for threads in THREADS
        for size in (1, 16, 256)
    }


def latency() -> Samples:
    return {
        (f"{step} {side}×{side}", f"p{share:g}"): (side + share,)
        for step in STEPS
        for side in (28, 280)
        for share in (0.0, 50.0, 99.9, 100.0)
    }


FOLDER: Samples = {
    ("digits-infer", "rate"): (900.0, 1000.0, 1100.0),
    ("torch eager, DataLoader", "rate"): (300.0, 310.0),
}
STAGE: Samples = {(SUBJECTS[0], stage): (float(i),) for i, stage in enumerate(STAGES)}


@pytest.fixture
def whole(made: Callable[..., Measured], made_run: Callable[..., Run]) -> Run:
    return made_run(
        made("folder", FOLDER),
        made("batch", batch()),
        made("latency", latency()),
        made("stages", STAGE),
        Measured("cold", "Cold & <old>", (), notes=("torch: skipped: <why>",)),
    )


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.images: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.images.append(dict(attrs)["src"] or "")

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_page_its_pictures_and_all_samples(whole: Run, tmp_path: Path) -> None:
    report.write(tmp_path / "new", whole)
    names = {"summary.png", "throughput.png", "latency.png", "stages.png"}
    found = {file.name for file in (tmp_path / "new").iterdir()}
    assert found == {"index.html", "bench.json", *names}
    record = json.loads((tmp_path / "new" / "bench.json").read_text())
    assert from_record(record, "bench.json") == whole
    page = Page()
    page.feed((tmp_path / "new" / "index.html").read_text("utf-8"))
    assert len(page.images) == 4
    assert all(source.startswith("data:image/png;base64,") for source in page.images)
    assert "torch: skipped: <why>" in page.text
    assert "Cold & <old>" in page.text
    assert "1,000 ±5 %" in page.text


def test_the_summary_is_twice_as_wide_as_a_readme_shows(whole: Run, tmp_path: Path) -> None:
    report.write(tmp_path, whole)
    content = (tmp_path / "summary.png").read_bytes()
    assert Image.open(io.BytesIO(content)).width == 1600
    assert len(content) < 150_000


def test_what_was_not_measured_is_not_drawn(
    made: Callable[..., Measured], made_run: Callable[..., Run], tmp_path: Path
) -> None:
    empty = [made(name, {}) for name in ("folder", "batch", "latency", "stages")]
    report.write(tmp_path, made_run(*empty, made("size", {("digits-edge[cpu]", "size"): (190.0,)})))
    assert {file.name for file in tmp_path.iterdir()} == {"index.html", "bench.json"}
