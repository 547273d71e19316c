"""The API: predictions in order, from any thread, pickled, silent."""

import logging
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digits import Classifier, InputError, ModelError, Prediction, UsageError
from digits.prediction import Ranked


@pytest.fixture(scope="module")
def classifier(tiny: Path) -> Classifier:
    return Classifier.load(tiny, provider="cpu")


def plain(level: int, height: int = 12, width: int = 9) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


def test_prediction(classifier: Classifier) -> None:
    prediction = classifier.predict(plain(200))
    assert prediction.label == "7"
    assert prediction.confidence == prediction.probabilities[7] > 0.5
    assert prediction.probabilities.dtype == np.float32
    assert prediction.probabilities.sum() == pytest.approx(1, abs=1e-6)
    np.testing.assert_array_equal(prediction.canvas, np.full((28, 28), 200))
    np.testing.assert_array_equal(prediction.clean, np.full((12, 9), 200))
    assert prediction.box == (0, 0, 9, 12)
    assert prediction.evidence == {"mean": pytest.approx(200)}
    assert (prediction.provider, prediction.model, prediction.path) == ("cpu", "tiny", None)
    assert repr(prediction).startswith("Prediction(label='7', confidence=0.77")


def test_prediction_is_frozen(classifier: Classifier) -> None:
    prediction = classifier.predict(plain(3))
    with pytest.raises(AttributeError):
        prediction.label = "8"
    for array in (prediction.probabilities, prediction.canvas, prediction.clean):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_top_is_sorted_and_stable(classifier: Classifier) -> None:
    prediction = classifier.predict(plain(200))
    top = prediction.top(3)
    assert top[0] == Ranked("7", prediction.confidence)
    assert [item.probability for item in top] == sorted((i.probability for i in top), reverse=True)
    assert len(prediction.top(99)) == 10
    even = Prediction(**vars(prediction) | {"probabilities": np.full(10, 0.1, np.float32)})
    assert [item.label for item in even.top(3)] == ["0", "1", "2"]


def test_path_is_kept(classifier: Classifier, photo: object) -> None:
    file = photo(level=40)
    assert classifier.predict(file).path == str(file)
    assert classifier.predict(str(file)).label == "1"
    with pytest.raises(InputError, match=r"gone\.png: no such file"):
        classifier.predict(file.with_name("gone.png"))


def test_many_keep_their_order_whatever_their_sizes(classifier: Classifier) -> None:
    rng = np.random.default_rng(5)
    levels = rng.integers(0, 256, 300)
    images = [plain(level, 5 + i % 3, 7 + i % 2) for i, level in enumerate(levels)]
    answers = classifier.predict_many(images)
    assert [a.label for a in answers] == [classifier.predict(image).label for image in images]
    assert [int(a.canvas[0, 0]) for a in answers] == levels.tolist()
    assert classifier.predict_many([]) == []


def test_one_bad_among_many(classifier: Classifier) -> None:
    sources = [plain(10), b"junk", plain(250)]
    with pytest.raises(InputError, match=r"^image 1: not an image"):
        classifier.predict_many(sources)
    with pytest.raises(InputError, match=r"^gone\.png: no such file"):
        classifier.predict_many([*sources[:1], "gone.png"])
    first, bad, last = classifier.predict_many(sources, errors="return")
    assert (first.label, last.label) == ("0", "9")
    assert isinstance(bad, InputError)
    with pytest.raises(UsageError, match="'raise' or 'return'"):
        classifier.predict_many(sources, errors="ignore")


def test_a_row_of_too_many_pixels_is_refused_and_harms_no_other(classifier: Classifier) -> None:
    """Its front end would make gigabytes of it."""
    white = np.full((40, 40), 255, np.uint8)
    long = np.zeros((1, 65536), np.uint8)
    first, second, third = classifier.predict_many([white, long, white], errors="return")
    assert str(second) == (
        "too large: 65536 x 1 pixels, a side may have 65535: crop it to the digit"
    )
    assert isinstance(first, Prediction)
    assert isinstance(third, Prediction)
    assert isinstance(classifier.predict(long[:, :-1]), Prediction)
    with pytest.raises(InputError, match="too large"):
        classifier.predict(long.T)


@pytest.mark.parametrize("count", [0, 1, 7, 300])
def test_canvases(classifier: Classifier, count: int) -> None:
    canvases = np.arange(count, dtype=np.uint8)[:, None, None].repeat(28, 1).repeat(28, 2)
    probabilities = classifier.predict_canvases(canvases)
    assert probabilities.shape == (count, 10)
    assert probabilities.dtype == np.float32
    assert classifier.predict_logits(canvases).shape == (count, 10)
    expected = np.minimum(canvases[:, 0, 0].astype(int) * 10 // 255, 9)
    np.testing.assert_array_equal(probabilities.argmax(1), expected)


@pytest.mark.parametrize(
    "canvases", [np.zeros((2, 28, 28)), np.zeros((28, 28), np.uint8), np.zeros((1, 8, 8), np.uint8)]
)
def test_other_canvases_are_refused(classifier: Classifier, canvases: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"tiny takes uint8 \['N', 28, 28\]"):
        classifier.predict_canvases(canvases)


def test_graph_that_fails_is_one_line(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, classifier: Classifier
) -> None:
    broken = Classifier.load(tiny, provider="cpu")
    monkeypatch.setattr(broken, "_model", classifier._front)  # takes no canvas
    with pytest.raises(ModelError, match=r"^tiny: model\.onnx fails: ") as caught:
        broken.predict(plain(3))
    assert "\n" not in str(caught.value)
    monkeypatch.setattr(broken, "_front", classifier._model)
    with pytest.raises(InputError, match=r"^the front end fails on 9 x 12 pixels: "):
        broken.predict(plain(3))


def test_threads_share_one_classifier(classifier: Classifier) -> None:
    wrong: list[object] = []

    def work(seed: int) -> None:
        for level in np.random.default_rng(seed).integers(0, 256, 40):
            seen = classifier.predict(plain(int(level))).canvas[0, 0]
            if seen != level:
                wrong.append((level, seen))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_pickling_opens_the_bundle_again(classifier: Classifier) -> None:
    data = pickle.dumps(classifier)
    assert len(data) < 1000
    copy = pickle.loads(data)
    assert copy.predict(plain(99)).label == classifier.predict(plain(99)).label == "3"
    prediction = pickle.loads(pickle.dumps(classifier.predict(plain(99))))
    assert prediction.top() == classifier.predict(plain(99)).top()


def test_threads_must_be_positive(tiny: Path) -> None:
    assert Classifier.load(tiny, provider="cpu", threads=2).predict(plain(0)).label == "0"
    with pytest.raises(UsageError, match="threads is 0"):
        Classifier.load(tiny, threads=0)


def test_it_is_silent_and_leaves_the_process_alone(
    tiny: Path, capfd: pytest.CaptureFixture, caplog: pytest.LogCaptureFixture
) -> None:
    environment = dict(os.environ)
    handlers = list(logging.getLogger().handlers)
    classifier = Classifier.load(tiny)
    classifier.predict(plain(1))
    classifier.predict_many([b"junk", plain(3)], errors="return")
    assert capfd.readouterr() == ("", "")
    assert not caplog.records
    assert os.environ == environment
    assert logging.getLogger().handlers == handlers


def test_pillow_images_stay_as_they_were(classifier: Classifier) -> None:
    image = Image.new("RGBA", (5, 4), (0, 0, 0, 0))
    assert classifier.predict(image).label == "9"
    assert (image.mode, image.getpixel((0, 0))) == ("RGBA", (0, 0, 0, 0))


def test_methods_work_in_a_process_pool(tiny: Path) -> None:
    code = (
        "import sys, digits, numpy, multiprocessing as m\n"
        "if __name__ == '__main__':\n"
        "    c = digits.Classifier.load(sys.argv[1])\n"
        "    with m.get_context('spawn').Pool(1) as pool:\n"
        "        print(pool.map(c.predict, [numpy.zeros((3, 3), 'uint8')])[0].label)\n"
    )
    script = tiny.parent / "pool.py"
    script.write_text(code)
    done = subprocess.run(
        [sys.executable, script, tiny], capture_output=True, text=True, check=True
    )
    assert done.stdout == "0\n"


def test_one_source_where_many_are_taken(tiny: Path) -> None:
    classifier = Classifier.load(tiny, provider="cpu")
    for source in ("x.png", b"data", Path("x.png")):
        with pytest.raises(UsageError, match=r"give \[image\], or use predict"):
            classifier.predict_many(source)


def test_top_of_nothing(tiny: Path) -> None:
    prediction = Classifier.load(tiny, provider="cpu").predict(np.zeros((9, 9), np.uint8))
    for count in (0, -1):
        with pytest.raises(UsageError, match="give 1 or more"):
            prediction.top(count)
    assert len(prediction.top(99)) == 10
