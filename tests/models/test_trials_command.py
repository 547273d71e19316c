import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("skimage", reason="needs digits-edge[trials]")

from digits.errors import MissingExtraError
from digits_models.trials import __main__ as command
from digits_models.trials import sets
from digits_models.trials.made import Made, picture


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["digits_models.trials", *arguments])
    with pytest.raises(SystemExit) as ended:
        command.main()
    return int(ended.value.code or 0)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    def make(_: Path | None, limit: int, seed: int) -> Iterator[Made]:
        for _ in range(limit):
            yield Made(picture(np.full((3, 3), seed)), "4", "dark")

    monkeypatch.setattr(sets, "SETS", {"tiny": make})


@pytest.mark.usefixtures("tiny")
def test_a_set_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "out"
    assert run(monkeypatch, "tiny", str(out), "--limit", "2", "--seed", "9") == 0
    assert capsys.readouterr().out == f"2 images of 1 kinds in {out}\n"
    assert len((out / "labels.csv").read_text().splitlines()) == 3


@pytest.mark.usefixtures("tiny")
def test_errors_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    assert run(monkeypatch, "huge", str(tmp_path / "out")) == 2
    assert capsys.readouterr().err == "error: unknown set 'huge'; known: tiny\n"
    assert run(monkeypatch, "tiny", str(tmp_path)) == 2
    assert "exists already" in capsys.readouterr().err


def test_a_missing_extra_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(command, "MODULES", ("no_such_module",))
    with pytest.raises(MissingExtraError, match=r"digits-edge\[trials\]"):
        command.make("mnist-c", tmp_path / "out")
