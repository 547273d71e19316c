"""Making: what is kept, left out, refused; what tables and verdicts say."""

import math

import numpy as np
import pytest

from digits.errors import InputError
from digits_export.variants import report, timing
from digits_export.variants.bound import Bound
from digits_export.variants.fp16 import Fp16
from digits_export.variants.int8 import Int8
from digits_export.variants.making import make
from digits_export.variants.registry import Wanted
from digits_export.variants.row import Row, cells, verdict
from digits_export.variants.timing import Times

FLOAT32 = {"logits": 1e-4, "probabilities": 1e-5, "canvas": 4.0}


class Strict(Fp16):
    """Half precision that is held to float32's bound."""

    name = "strict"
    bound = Bound(coarseness=1.0)


class Uncalibrated(Int8):
    """Integers without anything to calibrate them on."""

    def save(self, _):
        raise InputError("no images: get some")


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(timing, "_SECONDS", 0.01)


@pytest.fixture
def made(source, ballot, goldens):
    def run(*variants, named=True):
        wanted = Wanted(variants, named=named)
        return make(wanted, source, lambda: ballot, goldens, FLOAT32)

    return run


def test_nothing_wanted_is_nothing_made(source, goldens):
    nothing = make(Wanted(), source, lambda: 1 / 0, goldens, FLOAT32)
    assert (nothing.files, nothing.rows, nothing.record) == ({}, (), {})
    assert nothing.described({"name": "x"}) == {"name": "x"}
    assert report.section(nothing) == ""


def test_what_passes_is_kept_with_its_tolerance(made, files):
    half = made(Fp16())
    assert half.files == {"model.fp16.onnx": files["fp16"]}
    described = half.described({"graphs": {"model.onnx": {"inputs": []}}})
    assert set(described["graphs"]) == {"model.onnx", "model.fp16.onnx"}
    entry = described["variants"]["fp16"]
    assert entry["file"] == "model.fp16.onnx"
    for value in entry["tolerance"].values():
        # One digit, and coarser than float32's.
        assert 1e-4 < value < 0.2
        assert value == float(f"{value:.0e}")
    base, row = half.rows
    assert (base.variant, base.judged.flips, base.judged.accuracy) == ("float32", 0, 1.0)
    assert row.times.batch == 64
    assert half.record["variants"]["rows"][1]["passed"] is True
    assert math.isfinite(half.record["variants"]["rows"][1]["one_us"])


def test_what_leaves_its_bound_is_told_and_left_out(made):
    result = made(Strict(), Fp16())
    (failed,) = result.failed
    assert failed.variant == "strict"
    assert failed.reasons[0].startswith("logits are off by 0.0")
    assert list(result.files) == ["model.fp16.onnx"]
    assert cells(failed, result.rows[0])[-1] == "FAILED"
    assert failed.times is None


def test_what_cannot_be_made_is_an_error_only_if_it_was_named(made):
    with pytest.raises(InputError, match="no images: get some"):
        made(Uncalibrated())
    result = made(Uncalibrated(), named=False)
    assert [row.reasons for row in result.left_out] == [("no images: get some",)]
    assert result.failed == []
    assert result.files == {}
    assert report.verdicts(result) == [("int8", "no images: get some")]


def test_the_report_has_three_well_formed_tables(made):
    lines = report.section(made(Fp16())).split("\n\n")
    assert lines[0] == "## Variants"
    assert lines[1].startswith("Variants, on 300 canvases (test set), one thread of the CPU, ")
    for table in lines[2:]:
        assert len({line.count("|") for line in table.strip().splitlines()}) == 1


def row(size, one):
    return Row("x", "f", "b", bytes=size, times=Times(one, one, 64))


@pytest.mark.parametrize(
    ("size", "one", "said"),
    [
        (25, 50.0, "worth it: 4.0× smaller and 2.0× faster"),
        (50, 100.0, "worth it: 2.0× smaller"),
        (30, 203.0, "3.3× smaller, but 2.0× slower: worth it only where bytes count"),
        (150, 50.0, "2.0× faster, but 1.5× larger: worth it only where time counts"),
        (104, 140.0, "not worth it here, 1.4× slower: only for tests"),
        (100, 100.0, "not worth it here, neither smaller nor faster: only for tests"),
    ],
)
def test_verdicts(size, one, said):
    assert verdict(row(size, one), row(100, 100.0), "for tests") == said


def test_times_are_medians_of_turns():
    turns = []

    class Engine:
        coarseness = 1.0

        def __init__(self, name):
            self.name = name

        def run(self, canvases):
            turns.append((self.name, len(canvases)))
            return {}

    engines = {name: Engine(name) for name in "ab"}
    times = timing.measure(engines, np.zeros((10, 28, 28), np.uint8), 4)
    assert turns[:6] == [("a", 1), ("b", 1)] * 3
    assert set(turns) == {("a", 1), ("b", 1), ("a", 4), ("b", 4)}
    assert {item.batch for item in times.values()} == {4}
