"""Files of answers: as on one machine, and Parquet."""

import io
from pathlib import Path

import numpy as np
import pytest

from digits import Classifier, Failure
from digits.cluster.parts import encoded, schema
from digits.commands.formats import Format, writer

FAILURE = Failure("odd \udcff.png", "not an image")
pq = pytest.importorskip("pyarrow.parquet", reason="needs Arrow: pip install 'digits-edge[ray]'")


@pytest.fixture
def results(tiny: Path, many: Path) -> list:
    return [*Classifier.load(tiny, provider="cpu").stream(many), FAILURE]


@pytest.mark.parametrize("form", [Format.JSONL, Format.CSV])
def test_text_is_what_one_machine_writes(results: list, form: Format) -> None:
    labels = tuple(map(str, range(10)))
    text = writer(form, labels, 2)
    lines = "".join(map(text.line, results))
    found = encoded(results, form, labels, 2).decode("utf-8", "surrogateescape")
    assert found == text.head + lines
    assert found.count("\n") == 11 + (form is Format.CSV)


def test_parquet(results: list) -> None:
    table = pq.read_table(io.BytesIO(encoded(results, Format.PARQUET, (), 1)))
    assert table.schema == schema()
    rows = table.to_pylist()
    for row, result in zip(rows, results, strict=True):
        if isinstance(result, Failure):
            assert row["error"] == result.error
            assert {row[name] for name in ("label", "confidence", "probabilities")} == {None}
        else:
            assert np.array_equal(np.float32(row["probabilities"]), result.probabilities)
            assert (row["path"], row["label"], row["error"]) == (result.path, result.label, None)
            assert (row["provider"], row["model"], row["variant"]) == ("cpu", "tiny", None)
    assert rows[-1]["path"] == r"odd \udcff.png"


def test_a_reason_in_parquet(tiny: Path, many: Path) -> None:
    classifier = Classifier.load(tiny, provider="cpu", min_confidence=1.0)
    results = list(classifier.stream(many / "0.png"))
    (row,) = pq.read_table(io.BytesIO(encoded(results, Format.PARQUET, (), 1))).to_pylist()
    assert (row["label"], row["reason"]) == (None, "unsure")
    assert sum(row["probabilities"]) == pytest.approx(1, abs=1e-6)
