"""Each measurement, for real, at sizes that tell nothing about speed."""

import math
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from digits.bench.measurement import Kind, Settings
from digits.bench.registry import NAMES, chosen, get
from digits.bench.rounds import measure
from digits.bench.sizes import FULL, QUICK, Sizes
from digits.errors import UsageError

# Without them, at least, nothing would have been measured.
OURS = {
    "cold": {"digits-infer one.png", "digits --help", "import digits"},
    "latency": {"predict 28×28", "predict 280×280"},
    "folder": {"digits-infer", "Classifier.stream"},
    "photos": {
        "digits-infer, Pillow alone, one process",
        "digits-infer, Pillow alone, two processes",
    },
    "memory": {"few files", "many files"},
    "batch": {"predict_canvases, one thread", "predict_canvases, two threads"},
    "size": set(),
    "stages": {"28×28 PNG", "280×280 PNG", "12-megapixel JPEG"},
    "serve": {"digits serve"},
}
timed = pytest.mark.skipif(find_spec("digits.timings") is None, reason="needs digits.timings")
ALL = [pytest.param(name, marks=timed) if name == "stages" else name for name in NAMES]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench")


@pytest.fixture
def settings(sizes: Sizes, folder: Path) -> Settings:
    return Settings("lenet", "cpu", sizes, 1, folder, peers=False)


@pytest.mark.parametrize("name", ALL)
def test_it_measures(name: str, settings: Settings) -> None:
    measurement = replace(get(name), repeat=1, warm=False)
    found = measure(measurement, settings)
    assert found.failed == ()
    assert {s.contender for s in found.series if s.kind is Kind.OURS} >= OURS[name]
    assert all(math.isfinite(x) and x >= 0 for s in found.series for x in s.samples)
    assert Kind.PEER not in {s.kind for s in found.series}


@pytest.mark.parametrize("name", NAMES)
def test_targets_are_about_its_contenders(name: str, settings: Settings) -> None:
    measurement = get(name)
    names = {contender.name for contender in measurement.contenders(settings)}
    figures = {figure.name for figure in measurement.figures}
    for target in measurement.targets:
        for contender, figure in (target.ours, *target.over):
            assert contender in names, target.text
            assert figure in figures, target.text


def test_a_peer_that_crashes_is_one_line(tiny: Path, settings: Settings) -> None:
    """No network of the tiny bundle's name can be built in torch."""
    once = replace(get("cold"), repeat=1, warm=False)
    found = measure(once, replace(settings, model=str(tiny), peers=True))
    (note,) = found.notes
    assert note.startswith(("torch script: failed: ", "torch script: skipped: "))
    assert found.failed == ()
    assert found.samples("digits-infer one.png", "wall")


def test_the_best_batch_is_told(settings: Settings) -> None:
    found = measure(replace(get("batch"), repeat=1), settings)
    name = "predict_canvases, one thread"
    (best,), (batch,) = found.samples(name, "best"), found.samples(name, "best batch")
    assert found.samples(name, f"batch {batch:.0f}") == (best,)


def test_unknown_names_list_the_known() -> None:
    with pytest.raises(UsageError, match=f"'warm': known are {', '.join(NAMES)}"):
        chosen(["cold", "warm"])


def test_all_are_chosen_unless_some_are() -> None:
    assert [item.name for item in chosen([])] == list(NAMES)
    assert [item.name for item in chosen(["size", "cold", "size"])] == ["size", "cold"]


def test_every_size_of_a_run_has_a_figure() -> None:
    figures = {figure.name for figure in get("batch").figures}
    assert {f"batch {size}" for size in (*FULL.batches, *QUICK.batches)} <= figures
