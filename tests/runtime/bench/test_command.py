import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from digits.bench.results import Measured, Run, to_json
from digits.commands.bench_tables import as_table

Result = tuple[int, str, str]


@pytest.fixture
def saved(
    tmp_path: Path, made: Callable[..., Measured], made_run: Callable[..., Run]
) -> Callable[..., Path]:
    """Writes a run of one figure."""

    def save(name: str, *samples: float) -> Path:
        file = tmp_path / name
        key = ("digits-infer one.png", "wall")
        run = made_run(made("cold", {key: samples, ("bare imports", "wall"): (100.0,) * 3}))
        file.write_text(to_json(run))
        return file

    return save


def test_it_measures_and_writes_every_sample(run: Callable[..., Result], tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    code, out, _ = run(
        "bench", "--quick", "--no-peers", "--rounds", 1, "--only", "size", "-o", file
    )
    assert code == 0
    assert out.startswith("size: Installed size, with all that is needed\n")
    record = json.loads(file.read_text())
    assert [item["name"] for item in record["measured"]] == ["size"]
    assert (record["settings"]["model"], record["settings"]["rounds"]) == ("lenet", 1)
    assert record["machine"]["cores"] > 0
    numpy = next(s for s in record["measured"][0]["series"] if s["contender"] == "numpy")
    assert 10 < numpy["samples"][0] < 200
    text = file.read_text()
    assert str(Path.home()) not in text
    assert sys.prefix not in text


def test_json_goes_to_stdout(run: Callable[..., Result]) -> None:
    code, out, _ = run("bench", "--only", "size", "--no-peers", "--format", "json")
    assert (code, json.loads(out)["format"]) == (0, 1)


def test_a_run_is_shown_again(run: Callable[..., Result], saved: Callable[..., Path]) -> None:
    code, out, _ = run("bench", "--from", saved("a.json", 130.0, 140.0, 150.0))
    assert code == 0
    assert "digits-infer one.png  140 ±4 %" in out
    rows = [" ".join(line.split()) for line in out.splitlines()]
    assert "one image over the bare imports 1.4 1.35 to 1.45 ≤ 1.4 met" in rows
    assert "not measured" in out


def test_two_runs_are_compared(run: Callable[..., Result], saved: Callable[..., Path]) -> None:
    old, new = saved("a.json", 130.0, 140.0, 150.0), saved("b.json", 230.0, 240.0, 250.0)
    code, out, _ = run("bench", "--from", new, "--compare", old)
    assert code == 0
    assert out.endswith("\n1 of 2 figures changed beyond their spreads\n")
    code, out, _ = run("bench", "--from", new, "--compare", old, "--format", "json")
    changed = {item["contender"]: item["changed"] for item in json.loads(out)["figures"]}
    assert changed == {"digits-infer one.png": True, "bare imports": False}


def test_failures_of_ours_end_with_1(
    run: Callable[..., Result], tmp_path: Path, made_run: Callable[..., Run]
) -> None:
    file = tmp_path / "failed.json"
    failed = Measured("cold", "Cold", (), failed=("digits-infer one.png: failed: x",))
    file.write_text(to_json(made_run(failed)))
    code, out, _ = run("bench", "--from", file)
    assert code == 1
    assert out.endswith("digits-infer one.png: failed: x\n")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--only", "warm"), 2, "unknown measurement 'warm': known are cold, latency, folder"),
        (("--images", 0), 2, "0 is not in the range x>=1"),
        (("--rounds", 0), 2, "0 is not in the range x>=1"),
        (("--provider", "auto"), 2, "provider auto: give cpu or cuda"),
        (("--model", "nothing"), 3, "no model 'nothing': the shipped ones are"),
        (("--output", "{}/no/such/run.json"), 1, "can't be written: No such file"),
        (("--report", "{}/file"), 1, "is a file: name a folder for the report"),
        (("--keep", "{}/file"), 1, "can't be written: File exists"),
        (("--from", "{}/nothing.json"), 1, "can't be read: No such file"),
        (("--compare", "{}/file"), 1, "is no JSON"),
    ],
)
def test_bad_input_is_told_before_anything_is_measured(
    run: Callable[..., Result],
    tmp_path: Path,
    arguments: tuple[object, ...],
    code: int,
    message: str,
) -> None:
    (tmp_path / "file").write_text("text")
    given = [str(argument).replace("{}", str(tmp_path)) for argument in arguments]
    # Were anything measured, this would fail at once: there is no such measurement's folder.
    found, out, error = run("bench", *given)
    assert (found, out) == (code, "")
    assert message in error
    assert error.count("\n") == 1
    assert (tmp_path / "file").read_text() == "text"


def test_an_old_result_stays_until_the_new_one_is_whole(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    file = tmp_path / "run.json"
    file.write_text("old")
    assert run("bench", "--only", "warm", "-o", file)[0] == 2
    assert file.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.json"]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_what_ends_it_leaves_nothing(number: signal.Signals, code: int, tmp_path: Path) -> None:
    """No process, no folder."""
    command = [sys.executable, "-m", "digits", "bench", "--no-peers", "--only", "cold,latency"]
    environment = os.environ | {"TMPDIR": str(tmp_path), "MARK": str(tmp_path)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("digits-bench-*/small-1")) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(number)
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, b"")
    assert list(tmp_path.iterdir()) == []
    assert list(running_with(str(tmp_path))) == []


def running_with(mark: str) -> Iterator[int]:
    """Processes with a mark in their environment, where the system tells."""
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark.encode() in (place / "environ").read_bytes():
                yield int(place.name)


def test_a_measurement_of_another_version_has_no_targets(
    made: Callable[..., Measured], made_run: Callable[..., Run]
) -> None:
    text = as_table(made_run(made("future", {("digits", "rate"): (2.0,)})))
    assert text == "future: made up: future\n        rate, s\ndigits        2"
