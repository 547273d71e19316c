"""Bundles to look at: a real one, made once, and quick ones with a front end of three lines."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from digits_export import inputs, populations, subject


class LevelFront(nn.Module):
    """The mean grey level of an image, all over the canvas."""

    def __init__(self) -> None:
        super().__init__()
        self.evidence_names = ("level",)
        self.register_buffer("white", torch.tensor(255.0))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        level = (image.to(self.white.dtype) / self.white).mean(dim=(1, 2, 3)).unsqueeze(1)
        canvas = (level * self.white).round().to(torch.uint8).unsqueeze(2).expand(-1, 28, 28)
        box = torch.cat([level, level, level, level], 1)
        return canvas.contiguous(), canvas[:, 7:21, 7:21].contiguous(), box, level


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Front ends that tests trace are kept apart from the user's."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Export with a front end of three lines, and prove it on little."""
    monkeypatch.setattr(inputs, "SIZES", ((1, 1), (5, 9)))
    few = populations.Extent(test=64, random=20, extreme=12, ties=4, batch=16)
    monkeypatch.setattr(populations, "FULL", few)
    monkeypatch.setattr(subject, "build_front", lambda _: LevelFront().eval())


@pytest.fixture
def python() -> Callable[..., subprocess.CompletedProcess]:
    """Runs a program in a process of its own."""

    def run(program: str, *args: object, **options: object) -> subprocess.CompletedProcess:
        command = [sys.executable, "-c", program, *map(str, args)]
        return subprocess.run(command, check=False, capture_output=True, text=True, **options)

    return run


@pytest.fixture
def contents() -> Callable[[Path], dict[str, bytes]]:
    """The files of a directory, by name."""
    return lambda folder: {file.name: file.read_bytes() for file in folder.iterdir()}
