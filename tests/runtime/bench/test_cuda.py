"""`digits bench --provider cuda` with a program that needs no GPU in the place of the real one."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from digits.bench import cuda

RECORD = {
    "options": {},
    "machine": {},
    "gpus": ["H200, compute capability 9.0, 140 GiB"],
    "driver": "580.1",
    "versions": {"torch": "2.15"},
    "measured": [
        {
            "name": "small",
            "title": "Small",
            "notes": ["a note"],
            "failed": [],
            "seconds": 1.5,
            "series": [
                {
                    "contender": "digits",
                    "kind": "ours",
                    "figure": "batch 64",
                    "unit": "images/s",
                    "samples": [1.0, 2.0],
                    "shown": True,
                }
            ],
        }
    ],
}
PROGRAM = """
import json, pathlib, sys
given = sys.argv[1:]
pathlib.Path(given[given.index("--output") + 1]).write_text({record!r})
sys.exit({code})
"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts a program that tells a record in the place of the real one."""

    def place(record: object = RECORD, code: int = 0) -> None:
        text = PROGRAM.format(record=json.dumps(record), code=code)
        (tmp_path / "cuda_stand_in.py").write_text(
            f"{text}\n" if code != 7 else "raise RuntimeError('no GPU here')\n"
        )
        (tmp_path / "cuda_stand_in_table.py").write_text(
            "def as_table(measured): return f'{measured[0].name}: {measured[0].notes[0]}'\n"
        )
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
        monkeypatch.setattr(cuda, "PROGRAM", "cuda_stand_in")
        monkeypatch.setattr(cuda, "TABLE", "cuda_stand_in_table:as_table")
        monkeypatch.setattr(cuda, "missing_torch", lambda: None)

    return place


def test_its_figures_are_ours(stand_in: Callable[..., None], run: Callable, tmp_path: Path) -> None:
    stand_in()
    file = tmp_path / "run.json"
    code, out, _ = run("bench", "--provider", "cuda", "--quick", "--output", file)
    assert (code, out) == (0, "small: a note\n")
    record = json.loads(file.read_text())
    assert record["machine"]["gpus"] == RECORD["gpus"]
    assert record["versions"]["torch"] == "2.15"
    assert record["measured"] == RECORD["measured"]
    assert run("bench", "--from", file)[1] == "small: a note\n"


def test_what_failed_there_fails_here(stand_in: Callable[..., None], run: Callable) -> None:
    stand_in({**RECORD, "measured": [{**RECORD["measured"][0], "failed": ["digits: x"]}]}, 1)
    assert run("bench", "--provider", "cuda")[0] == 1


@pytest.mark.parametrize(
    ("record", "code", "message"),
    [({}, 0, "told no figures"), (RECORD, 7, "RuntimeError: no GPU here")],
)
def test_what_it_could_not_do(
    stand_in: Callable[..., None], run: Callable, record: object, code: int, message: str
) -> None:
    stand_in(record, code)
    found, _, error = run("bench", "--provider", "cuda")
    assert found == 1
    assert message in error


def test_torch_is_needed(run: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "missing_torch", lambda: "this needs torch")
    found, _, error = run("bench", "--provider", "cuda")
    assert (found, error) == (3, "digits bench: error: this needs torch\n")
