"""Giving no label: thresholds in the manifest and from callers, reasons, and how they are told."""

import csv
import io
import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from digits import Classifier, ModelError, Prediction, Reason, UsageError
from digits.abstain import PRESENT, chosen_thresholds, reason_to_abstain
from digits.bundle import open_bundle, shipped

Command = Callable[..., tuple[int, str, str]]
ALL = {"present": 0.5, "others": 0.25, "confidence": 0.6}
NAN = float("nan")
# The tiny model's answer and its confidence in it, by grey level.
SURE, TORN = 217, 205


def plain(level: int) -> np.ndarray:
    return np.full((12, 9), level, np.uint8)


@pytest.fixture
def abstaining(bundle: Path, reseal: Callable[..., None]) -> Path:
    """The tiny bundle, whose front end calls the mean level of a page "others"."""
    reseal(bundle, evidence=["others"], abstain={"others": 240, "present": 0.5, "confidence": 0.9})
    return bundle


@pytest.mark.parametrize(
    ("present", "others", "confidence", "reason"),
    [
        (0.5, 0.25, 0.6, None),
        (0.49, 0.25, 0.6, Reason.EMPTY),
        (0.5, 0.26, 0.6, Reason.SEVERAL),
        (0.5, 0.25, 0.59, Reason.UNSURE),
        (0.0, 9.0, 0.1, Reason.EMPTY),
        (1.0, 9.0, 0.1, Reason.SEVERAL),
        (NAN, 0.0, 1.0, Reason.EMPTY),
        (1.0, NAN, 1.0, Reason.SEVERAL),
        (1.0, 0.0, NAN, Reason.UNSURE),
    ],
)
def test_reasons_and_their_order(
    present: float, others: float, confidence: float, reason: Reason | None
) -> None:
    assert reason_to_abstain(ALL, {"present": present, "others": others}, confidence) is reason
    assert reason_to_abstain({}, {"present": present, "others": others}, confidence) is None


def test_a_threshold_without_its_evidence_is_left_out() -> None:
    assert reason_to_abstain(ALL, {"contrast": 0.0}, 0.7) is None
    assert reason_to_abstain(ALL, {"others": 1.0}, 0.7) is Reason.SEVERAL
    assert reason_to_abstain({"present": 0.5}, {"present": 0.4}, 0.0) is Reason.EMPTY


def test_callers_choose() -> None:
    assert chosen_thresholds(ALL, None, abstain=True) == ALL
    assert chosen_thresholds(ALL, 0.9, abstain=True) == ALL | {"confidence": 0.9}
    assert chosen_thresholds({}, 0.9, abstain=True) == {"confidence": 0.9}
    assert chosen_thresholds(ALL, None, abstain=False) == {}
    with pytest.raises(UsageError, match="of no use"):
        chosen_thresholds(ALL, 0.9, abstain=False)


@pytest.mark.parametrize("wrong", [-0.01, 1.01, NAN, float("inf")])
def test_minimum_confidence_is_a_share(tiny: Path, wrong: float) -> None:
    with pytest.raises(UsageError, match="give 0 to 1"):
        Classifier.load(tiny, provider="cpu", min_confidence=wrong)


def test_predictions_abstain(abstaining: Path) -> None:
    classifier = Classifier.load(abstaining, provider="cpu")
    sure, torn, bright = classifier.predict_many([plain(SURE), plain(TORN), plain(250)])
    assert (sure.label, sure.reason) == ("8", None)
    assert (torn.label, torn.reason) == (None, Reason.UNSURE)
    assert (bright.label, bright.reason) == (None, Reason.SEVERAL)
    # What the classifier made of it is still told.
    assert torn.confidence == torn.top(1)[0].probability == pytest.approx(0.57733, abs=1e-4)
    assert torn.probabilities.sum() == pytest.approx(1, abs=1e-6)
    assert torn.top(1)[0].label == "8"


def test_load_decides_when(abstaining: Path) -> None:
    def label(**options: object) -> str | None:
        return Classifier.load(abstaining, provider="cpu", **options).predict(plain(TORN)).label

    assert label() is None
    assert label(min_confidence=0) == label(min_confidence=0.5) == label(abstain=False) == "8"
    assert label(min_confidence=0.58) is None
    always = Classifier.load(abstaining, provider="cpu", abstain=False)
    assert always.predict(plain(250)).label == "9"


def test_pickling_keeps_the_thresholds(abstaining: Path) -> None:
    for options, label in (({}, None), ({"min_confidence": 0.5}, "8"), ({"abstain": False}, "8")):
        classifier = Classifier.load(abstaining, provider="cpu", **options)
        copy = pickle.loads(pickle.dumps(classifier))
        assert copy.thresholds == classifier.thresholds
        assert copy.predict(plain(TORN)).label == label


def test_a_bundle_without_thresholds_never_abstains(tiny: Path) -> None:
    classifier = Classifier.load(tiny, provider="cpu")
    assert classifier.thresholds == classifier.bundle.manifest.abstain == {}
    assert all(classifier.predict(plain(level)).label for level in range(0, 256, 5))


@pytest.mark.parametrize(
    ("abstain", "message"),
    [
        ({"confidence": 1.01}, "threshold 1.01 of confidence"),
        ({"present": -0.1}, "threshold -0.1 of present"),
        ({"others": -1}, "threshold -1 of others"),
        ({"confidence": "0.5"}, "confidence in field 'abstain' should be a number, it is '0.5'"),
        ({"confidence": True}, "should be a number, it is True"),
        ([0.5], "field 'abstain' should be a dict"),
    ],
)
def test_thresholds_that_can_not_be(
    bundle: Path, reseal: Callable[..., None], abstain: object, message: str
) -> None:
    reseal(bundle, abstain=abstain)
    with pytest.raises(ModelError) as caught:
        Classifier.load(bundle)
    assert message in str(caught.value)


def test_formats_tell_the_reason(
    run: Command, abstaining: Path, photo: Callable[..., Path]
) -> None:
    files = [photo("1.png", SURE), photo("2.png", TORN), photo("3.png", 250)]
    arguments = ("infer", *files, "--model", abstaining, "--provider", "cpu", "--format")
    code, out, err = run(*arguments, "table")
    assert (code, err) == (0, "")
    assert out.splitlines()[1:] == [
        f"8          96.46%  {files[0]}",
        f"-                  {files[1]}: unsure, perhaps 8 57.74%",
        f"-                  {files[2]}: several digits",
    ]
    sure, torn, bright = map(json.loads, run(*arguments, "jsonl")[1].splitlines())
    assert "reason" not in sure
    assert list(torn)[:4] == ["path", "label", "reason", "confidence"]
    assert (torn["label"], torn["reason"], torn["top"][0]["label"]) == (None, "unsure", "8")
    assert (bright["label"], bright["reason"]) == (None, "several")
    rows = list(csv.DictReader(io.StringIO(run(*arguments, "csv", "--top-k", 2)[1])))
    assert [row["label"] for row in rows] == ["8", "", ""]
    assert [row["reason"] for row in rows] == ["", "unsure", "several"]
    assert rows[1]["label_2"] == "7"
    assert rows[1]["error"] == ""


def test_options(run: Command, abstaining: Path, photo: Callable[..., Path]) -> None:
    arguments = ("infer", photo(level=TORN), "--model", abstaining, "--provider", "cpu")
    assert "unsure" in run(*arguments)[1]
    assert run(*arguments, "--min-confidence", 0.5)[1].splitlines()[1].startswith("8 ")
    assert run(*arguments, "--always")[1].splitlines()[1].startswith("8 ")
    for wrong in (("--min-confidence", 1.5), ("--min-confidence", 0.5, "--always")):
        code, out, err = run(*arguments, *wrong)
        assert (code, out, err.count("\n")) == (2, "", 1)


def test_inspect_shows_them(run: Command, abstaining: Path, tiny: Path) -> None:
    out = run("inspect", abstaining)[1]
    assert "empty if present < 0.5, several if others > 240, unsure if confidence < 0.9" in out
    assert "never: every image gets one" in run("inspect", tiny)[1]
    assert json.loads(run("inspect", abstaining, "--format", "json")[1])["abstain"]["others"] == 240


@pytest.fixture(scope="module")
def lenet() -> Classifier:
    if "lenet" not in shipped() or PRESENT not in open_bundle("lenet").manifest.abstain:
        pytest.skip("needs the shipped lenet with thresholds for abstaining")
    return Classifier.load("lenet", provider="cpu")


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (3, 9000), (28, 28), (900, 1200)])
def test_pages_without_a_digit(lenet: Classifier, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(4).integers(0, 256, shape, dtype=np.uint8)
    pages = [*(np.full(shape, level, np.uint8) for level in (0, 127, 255)), noise]
    for page in pages:
        answer = lenet.predict(page)
        assert (answer.label, answer.reason) == (None, Reason.EMPTY)


def test_a_dot_is_no_confident_digit(lenet: Classifier) -> None:
    page = np.full((2, 2), 255, np.uint8)
    page[1, 1] = 0
    assert isinstance(answer := lenet.predict(page), Prediction)
    assert answer.label is None
