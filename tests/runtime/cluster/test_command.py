"""`digits infer --engine ray`: what it refuses, and what it says."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["x.png"], "--engine ray needs --output: a folder that all nodes can write to"),
        (["-", "-o", "out"], "stdin (-) needs --engine local: actors can't read it"),
        (["x.png", "-o", "out", "--explain", "why"], "--explain and --timings need"),
        (["x.png", "-o", "out", "--timings"], "--explain and --timings need"),
        (["x.png", "-o", "out", "--format", "table"], "--format table needs --engine local"),
        (["x.png", "-o", "out", "--format", "json"], "give jsonl, csv, parquet"),
        (["x.png", "-o", "out", "--min-confidence", "7"], "min"),
    ],
)
def test_what_makes_no_sense_on_a_cluster(args: list[str], message: str, run: Run) -> None:
    code, out, err = run("infer", "--engine", "ray", *args)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "args", [["--address", "x"], ["--fresh"], ["--block-size", "9"], ["--format", "parquet"]]
)
def test_what_makes_no_sense_on_one_machine(args: list[str], run: Run) -> None:
    code, out, err = run("infer", "x.png", *args)
    assert (code, out) == (2, "")
    assert "need" in err
    assert "--engine ray" in err


def test_without_ray_the_message_says_how_to_get_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digits.extras.find_spec", lambda _: None)
    code, _, err = run("infer", "x.png", "--engine", "ray", "-o", "out")
    assert code == 3
    assert err.endswith(" -m pip install 'digits-edge[ray]'\n")


def test_a_model_that_is_not_there(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digits.commands.infer_cluster.need", lambda _: None)
    args = ("--engine", "ray", "-o", tmp_path / "out", "--model", "lenot")
    code, _, err = run("infer", "x.png", *args)
    assert code == 3
    assert "no model 'lenot'" in err
    assert not (tmp_path / "out").exists()


def test_one_machine_needs_no_ray() -> None:
    code = "import sys, digits.cli as c; c.main(['infer', '--help']); print('ray' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("False\n")
    assert "--engine" in done.stdout
