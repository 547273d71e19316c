"""Answers as JSON are what `json.dumps` makes of them, and pieces are whole lines."""

import io
import json
from pathlib import Path

import numpy as np
import pytest

from digits import Failure, Prediction, Reason
from digits.commands.formats import Format, record, writer
from digits.commands.timings import timings_table
from digits.commands.writing import written
from digits.timings import Timings

LABELS = ("0", 'odd "label" é')
NAN = float("nan")


def prediction(**changes: object) -> Prediction:
    probabilities = np.array([0.1234567891, 0.8765432109], np.float32)
    nothing = np.zeros((28, 28), np.uint8)
    fields = {
        "label": LABELS[1],
        "confidence": float(probabilities[1]),
        "probabilities": probabilities,
        "labels": LABELS,
        "canvas": nothing,
        "clean": nothing,
        "box": (0.0, 0.0, 1.0, 1.0),
        "evidence": {},
        "provider": "cpu",
        "model": "tiny",
        "path": "a/é\n\x1b\udcff7.png",
    }
    return Prediction(**(fields | changes))


RESULTS = [
    prediction(),
    prediction(variant="int8"),
    prediction(path=None),
    prediction(label=None, reason=Reason.UNSURE),
    prediction(confidence=1.0, probabilities=np.array([0, 1], np.float32)),
    prediction(confidence=1e-7),
    prediction(confidence=NAN, probabilities=np.array([0.5, NAN], np.float32)),
    Failure("é.png", "no such file"),
]


@pytest.mark.parametrize("top_k", [1, 2])
@pytest.mark.parametrize("form", [Format.JSON, Format.JSONL])
def test_json_text(form: Format, top_k: int) -> None:
    end = "\n" if form is Format.JSONL else ""
    for result in RESULTS:
        assert writer(form, LABELS, top_k).line(result) == json.dumps(record(result, top_k)) + end


def test_the_best_label_is_the_first_of_the_ranking() -> None:
    for result in RESULTS[:3]:
        assert result.top(1) == result.top(2)[:1]


class Sink(io.StringIO):
    def __init__(self) -> None:
        super().__init__()
        self.flushed = [0]

    def flush(self) -> None:
        self.flushed.append(self.tell())


@pytest.mark.parametrize("form", list(Format))
def test_pieces_are_whole_lines_and_small(form: Format) -> None:
    sink, timings = Sink(), Timings()
    batches = [RESULTS * 10, [], RESULTS[:1], RESULTS * 3]
    formatter = writer(form, LABELS, 1)
    every = [result for batch in batches for result in batch]
    assert written(batches, formatter, sink, timings) == (105, 13)
    lines = formatter.between.join(map(formatter.line, every))
    assert sink.getvalue() == formatter.head + lines + formatter.tail
    assert all(at == 0 or sink.getvalue()[at - 1] in "\n}" for at in sink.flushed)
    assert max(np.diff(sink.flushed)) <= 2048 + len(formatter.head)
    assert len(sink.flushed) > 5
    assert timings.seconds["write"] > 0


def test_timings_table() -> None:
    timings = Timings(images=1000, wall=2.0, processes=3)
    timings.add({"read": 0.5, "net": 1.5})
    lines = timings_table(timings).splitlines()
    assert lines[0].split() == ["stage", "seconds", "share", "us/image"]
    assert lines[2].split() == ["read", "0.500", "25.0%", "500.0"]
    assert [line.split()[0] for line in lines[1:-1]] == [
        "find",
        "read",
        "decode",
        "front",
        "net",
        "write",
    ]
    assert lines[-1].startswith("1000 images in 2.000 s: 500 images/s, processes: 3, decoder: ")


def test_timings_of_the_command(run: object, tiny: Path, photo: object) -> None:
    code, out, err = run("infer", photo(), "--model", tiny, "--provider", "cpu", "--timings")
    assert code == 0
    assert len(out.splitlines()) == 2
    assert err.splitlines()[-1].startswith("1 images in ")
