"""Streams that go to their workers at once, instead of after a while of reading alone."""

from collections.abc import Callable
from pathlib import Path

import pytest

from digits import Classifier
from digits.pipeline import stream

Photo = Callable[..., Path]


@pytest.fixture
def classifier(tiny: Path) -> Classifier:
    return Classifier.load(tiny, provider="cpu")


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers start after the first file, and are waited for."""
    from digits.pipeline.pool import Pool

    monkeypatch.setattr(stream, "PATIENCE", 0.0)
    monkeypatch.setattr(Pool, "ready", True)


@pytest.fixture
def many(tmp_path: Path, photo: Photo) -> Path:
    """A folder with 200 images, whose grey levels follow from their names."""
    for i in range(200):
        photo(f"many/{i}.png", i, (20 + i % 3, 10))
    return tmp_path / "many"


@pytest.fixture
def pool_of(monkeypatch: pytest.MonkeyPatch) -> list:
    """The pools that are opened."""
    from digits.pipeline import pool

    opened: list = []
    real = pool.Pool.__init__

    def note(self: object, *args: object) -> None:
        opened.append(self)
        real(self, *args)

    monkeypatch.setattr(pool.Pool, "__init__", note)
    return opened


@pytest.fixture
def levels() -> Callable[[list], list[int]]:
    """The grey levels that the images of answers had."""
    return lambda results: [int(result.canvas[0, 0]) for result in results]


@pytest.fixture
def children() -> Callable[..., list[int]]:
    """Processes that one started and that haven't been waited for, without those of other tests."""

    def all_of(pid: int | str) -> list[int]:
        tasks = Path(f"/proc/{pid}/task").iterdir()
        return [int(pid) for task in tasks for pid in (task / "children").read_text().split()]

    others = set(all_of("self"))
    return lambda pid="self": [child for child in all_of(pid) if child not in others]
