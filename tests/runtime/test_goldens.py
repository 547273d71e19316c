"""Goldens: what is compared, which flips count, and what a bad file of them leads to."""

import io
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digits import goldens, images, plain_png
from digits.bundle import open_bundle
from digits.classifier import Classifier
from digits.decoded import Decoded
from digits.errors import ModelError, OutputError, ParityError
from digits.goldens import check, entry_points, files, reading, startup
from digits.goldens.check import Check

Reseal = Callable[..., None]
Run = Callable[..., tuple[int, str, str]]


def encoded(pixels: np.ndarray, **options: object) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, **options)
    return np.frombuffer(file.getvalue(), np.uint8)


def grey(level: int) -> np.ndarray:
    return np.full((40, 56, 3), level, np.uint8)


@pytest.fixture
def change(bundle: Path, reseal: Reseal) -> Callable[..., Path]:
    """Replaces arrays among the goldens of a bundle, or (None) takes them away."""

    def change(**arrays: np.ndarray | None) -> Path:
        with np.load(bundle / "goldens.npz") as file:
            kept = {name: file[name] for name in file.files} | arrays
        np.savez(bundle / "goldens.npz", **{k: v for k, v in kept.items() if v is not None})
        reseal(bundle)
        return bundle

    return change


@pytest.fixture
def with_files(change: Callable[..., Path]) -> Path:
    """A bundle with golden images as files, a lossless one and a lossy one."""
    return change(
        image_0_file_bmp=encoded(grey(30), format="BMP"),
        image_1_lossy_jpeg=encoded(grey(200), format="JPEG"),
        image_1_lossy_jpeg_shift=np.array(0.01),
    )


def checks_of(bundle: Path) -> dict[str, Check]:
    return {c.name: c for c in goldens.replay(Classifier.load(bundle, provider="cpu"))}


def test_differences_are_worst_and_typical() -> None:
    truth = [np.zeros(2), np.zeros(2)]
    found = [np.array([0.0, 1.0]), np.array([-7.0, 0.0])]
    told = check.differences("x", found, truth, 7.0, "levels", where=["a", "b"])
    assert told == Check("x", 2, 7.0, 7.0, "levels", np.sqrt(50 / 4), None, "b")
    assert told.passed
    scaled = check.differences("x", found, truth, 3.0, where=["a", "b"], scales=[1, 2])
    assert (scaled.worst, scaled.passed) == (3.5, False)
    assert str(scaled) == "x (3.5 at b, allowed 3)"


@pytest.mark.parametrize("found", [[np.zeros(3)], [np.array([0.0, np.nan])], [np.full(2, np.inf)]])
def test_other_shapes_nan_and_infinity_fail(found: list) -> None:
    told = check.differences("x", found, [np.zeros(2)], 1e9, where=["a"])
    assert not told.passed
    assert told.where == "a"


def test_numbers_that_overflow_fail_in_silence() -> None:
    told = check.differences("x", [np.full(2, 1e308)], [np.full(2, -1e308)], 1e300, where=["a"])
    assert (told.worst, told.typical, told.passed) == (np.inf, np.inf, False)
    assert (
        check.differences("x", [np.array([1e200])], [np.zeros(1)], 1.0, where=["a"]).worst == 1e200
    )


def test_nothing_compared_fails() -> None:
    for told in (
        check.differences("x", [], [], 1.0, where=[]),
        check.labels("x", [], [], [], where=[]),
    ):
        assert not told.passed
        assert str(told) == "x (nothing was compared)"


def test_flips_count_where_float64_is_decided() -> None:
    truth = [np.array([0.50, 0.47, 0.03]), np.array([0.9, 0.1, 0.0]), np.array([0.2, 0.8, 0.0])]
    found = [np.array([0.48, 0.49, 0.03]), np.array([0.9, 0.1, 0.0]), np.array([0.2, 0.8, 0.0])]
    names = ["a", "b", "c"]
    near = check.labels("x", found, truth, [0.02] * 3, where=names)
    assert (near.worst, near.flips, near.passed, near.where) == (0.0, 1, True, "a")
    far = check.labels("x", found, truth, [0.01] * 3, where=names)
    assert (far.worst, far.flips, far.passed, far.where) == (1.0, 1, False, "a")
    scores = [np.array([5.0, 1.0, 0.0])] * 3  # what float64's logits say of it
    assert not check.labels("x", found, truth, [0.02] * 3, where=names, scores=scores).passed


def test_files_are_held_against_their_pixels(with_files: Path) -> None:
    told = checks_of(with_files)
    lossless, lossy, labels = (
        told[name] for name in ("files, lossless", "files, lossy", "file labels")
    )
    assert (lossless.compared, lossless.worst, lossless.allowed) == (1, 0.0, 0.0)
    assert (lossy.compared, lossy.allowed) == (1, files.LOSSY_LEVELS)
    assert lossy.worst <= 2
    assert (labels.compared, labels.flips) == (2, 0)
    by_pillow = told["files, as by Pillow"]
    assert (by_pillow.compared, by_pillow.worst, by_pillow.allowed) == (2, 0.0, 0.0)
    assert all(c.passed for c in told.values())


def test_a_decoder_that_differs_is_told_with_the_file(
    with_files: Path, change: Callable[..., Path]
) -> None:
    change(image_0_file_bmp=encoded(grey(31), format="BMP"))
    told = checks_of(with_files)
    assert (told["files, lossless"].worst, told["files, lossless"].where) == (1, "image_0_file_bmp")
    # The same file is read by path, so the answers by array differ from those by path.
    assert not told["by path"].passed
    change(image_1_lossy_jpeg=encoded(grey(90), format="JPEG"))
    told = checks_of(with_files)
    assert told["files, lossy"].worst > 100
    assert (told["file labels"].worst, told["file labels"].where) == (1, "image_1_lossy_jpeg")


def test_a_reader_of_usual_files_that_differs_from_pillow_is_told(
    with_files: Path, change: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    change(image_0_file_png=encoded(grey(30), format="PNG"))
    told = checks_of(with_files)["files, as by Pillow"]
    assert (told.compared, told.worst) == (3, 0.0)
    decoded = Decoded(grey(32), (56, 40))
    is_png = b"\x89PNG"
    monkeypatch.setattr(
        plain_png, "decode", lambda data, _: decoded if data.startswith(is_png) else None
    )
    told = checks_of(with_files)["files, as by Pillow"]
    assert (told.worst, told.where, told.passed) == (2, "image_0_file_png", False)


def test_what_a_lossy_file_changes_in_float64_is_allowed(
    with_files: Path, change: Callable[..., Path]
) -> None:
    level = 90  # another label: 3 for 7
    change(image_1_lossy_jpeg=encoded(grey(level), format="JPEG"))
    change(image_1_lossy_jpeg_shift=np.array(0.9))
    labels = checks_of(with_files)["file labels"]
    assert (labels.flips, labels.worst, labels.passed) == (1, 0.0, True)


def test_a_file_that_cannot_be_decoded_fails(with_files: Path, change: Callable[..., Path]) -> None:
    change(image_1_lossy_jpeg=np.frombuffer(b"no image", np.uint8))
    told = checks_of(with_files)["files, lossy"]
    assert (told.worst, told.where) == (np.inf, "image_1_lossy_jpeg")


def test_every_entry_point_answers_the_same(with_files: Path) -> None:
    told = checks_of(with_files)
    for way in ("path", "bytes", "stream", "picture"):
        assert (told[f"by {way}"].allowed, told[f"by {way}"].worst) == (0.0, 0.0)
    for way in ("many", "folder"):
        assert told[f"by {way}"].compared == 2
    assert told["every canvas"].compared == told["every label"].compared == 12


@pytest.mark.parametrize("way", ["path", "bytes", "stream", "picture"])
def test_an_entry_point_that_answers_otherwise_is_told(
    with_files: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = {"path": Path, "bytes": bytes, "stream": io.BytesIO, "picture": Image.Image}
    honest = images._decode

    def decode(source: object, area: int, limit: int) -> images.Decoded:
        decoded = honest(source, area, limit)
        if isinstance(source, kinds[way]):
            return images.Decoded(decoded.pixels + np.uint8(1), decoded.size)
        return decoded

    monkeypatch.setattr(images, "_decode", decode)
    classifier = Classifier.load(with_files, provider="cpu")
    given = reading.read_goldens(classifier.bundle).images
    told = {c.name: c for c in entry_points.check_entry_points(classifier, given)}
    failed = {name for name, c in told.items() if name.startswith("by ") and not c.passed}
    assert failed == {f"by {way}"}


def test_cuda_may_round_otherwise(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = Classifier.load(tiny, provider="cpu")
    monkeypatch.setattr(classifier, "provider", "cuda")  # as far as the check can tell
    given = reading.read_goldens(classifier.bundle).images
    told = entry_points.check_entry_points(classifier, given)
    assert {c.allowed for c in told if c.name.startswith("by ")} == {2e-4}
    assert all(c.passed for c in told)


def test_no_room_for_temporary_files(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(entry_points.tempfile, "TemporaryDirectory", full)
    with pytest.raises(OutputError, match=r"No space left on device\): set TMPDIR"):
        checks_of(tiny)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"logits": None}, "'logits' is missing"),
        ({"logits": np.zeros((6, 9))}, r"logits is float64 \[6, 9\], not numbers \[6, 10\]"),
        ({"logits": np.full((6, 10), "x")}, r"logits is <U1 \[6, 10\], not numbers"),
        ({"probabilities": np.full((6, 10), np.nan)}, "probabilities holds NaN or infinity"),
        ({"canvas": np.zeros((6, 28, 28))}, r"canvases are float64 \[6, 28, 28\]"),
        ({"canvas": np.array(3, np.uint8)}, r"canvases are uint8 \[\]"),
        ({"image_0": np.zeros((4, 4), np.uint8)}, r"image_0 has the shape \[4, 4\], .* no image"),
        ({"image_0": np.zeros((4, 4, 3))}, r"image_0 is float64 \[4, 4, 3\], not uint8"),
        ({"image_0": np.zeros((1, 3_000_000, 3), np.uint8)}, "image_0 has more than 700000 pix"),
        ({"image_0": None}, "'image_0' is missing"),
        ({"image_1_canvas": np.zeros((28, 27), np.uint8)}, r"image_1_canvas is uint8 \[28, 27\]"),
        ({"image_1_box": np.array([0, 0, np.inf, 40])}, "image_1_box holds NaN or infinity"),
        ({"image_1_evidence": np.zeros(2)}, r"image_1_evidence is float64 \[2\], not numbers \[1"),
        ({"image_1_probabilities": None}, "'image_1_probabilities' is missing"),
        ({"image_7_file_png": np.ones(9, np.uint8)}, "image_7_file_png is a file of image_7, whi"),
        ({"image_0_file_png": np.ones(9)}, r"image_0_file_png is float64 \[9\], not a file's"),
        ({"image_0_file_png": np.ones((3, 3), np.uint8)}, r"is uint8 \[3, 3\], not a file's"),
        ({"image_0_file_png": np.ones(0, np.uint8)}, r"is uint8 \[0\], not a file's bytes"),
        ({"image_0_lossy_jpeg": np.ones(9, np.uint8)}, "'image_0_lossy_jpeg_shift' is missing"),
        (
            {
                "image_0_lossy_jpeg": np.ones(9, np.uint8),
                "image_0_lossy_jpeg_shift": np.array(-1.0),
            },
            "image_0_lossy_jpeg_shift is -1, below 0",
        ),
        ({"image_0_lossy_jpeg_shift": np.array(0.1)}, "is the shift of no file"),
    ],
)
def test_goldens_that_are_wrong_are_named(
    change: Callable[..., Path], run: Run, arrays: dict, message: str
) -> None:
    bundle = change(**arrays)
    with pytest.raises(ModelError, match=rf"goldens\.npz: .*{message}.*: export the model again$"):
        checks_of(bundle)
    code, out, err = run("verify", bundle, "--provider", "cpu")
    assert (code, out, err.count("\n")) == (3, "", 1)


def test_goldens_that_fill_the_memory_are_refused(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_LARGEST", 1000)
    with pytest.raises(ModelError, match=r"goldens\.npz: has \d+ bytes, too many"):
        checks_of(tiny)


def test_arrays_of_other_versions_are_left_alone(change: Callable[..., Path]) -> None:
    bundle = change(comment=np.array("x"), image_0_thumbnail=np.zeros(3))
    assert all(c.passed for c in checks_of(bundle).values())


def test_a_classifier_that_proves_itself(with_files: Path) -> None:
    classifier = Classifier.load(with_files, provider="cpu", verify=True)
    names = [c.name for c in startup.prove(classifier)]
    assert names[:3] == ["logits", "probabilities", "labels"]
    assert len(names) == 8
    assert pickle.loads(pickle.dumps(classifier)).predict(grey(99)).label == "3"


def test_a_classifier_that_fails_to(change: Callable[..., Path]) -> None:
    proved = Classifier.load(change(), provider="cpu", verify=True)
    kept, unproved = pickle.dumps(proved), pickle.dumps(Classifier.load(change(), provider="cpu"))
    bundle = change(logits=np.zeros((6, 10)))
    message = r"tiny on cpu: logits \(\d+ at canvas \d, allowed 0\.01\): not as the trained"
    with pytest.raises(ParityError, match=message):
        Classifier.load(bundle, provider="cpu", verify=True)
    assert Classifier.load(bundle, provider="cpu").predict(grey(99)).label == "3"
    # What proved itself once does so again where it is unpickled.
    with pytest.raises(ParityError, match=message):
        pickle.loads(kept)
    assert pickle.loads(unproved).predict(grey(99)).label == "3"


def test_proving_reads_no_more_than_it_needs(
    with_files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    honest = reading.read_arrays

    def read(data: bytes, wanted: object) -> object:
        arrays = honest(data, wanted)
        seen.extend(arrays)
        return arrays

    monkeypatch.setattr(reading, "read_arrays", read)
    assert len(reading.read_goldens(open_bundle(with_files), images=1).images) == 1
    fields = ["canvas", "box", "evidence", "probabilities"]
    assert sorted(seen) == sorted(
        ["canvas", "logits", "probabilities", "image_0", *(f"image_0_{f}" for f in fields)]
    )


def test_a_bundle_without_goldens_cannot_prove_itself(bundle: Path, reseal: Reseal) -> None:
    (bundle / "goldens.npz").unlink()
    reseal(bundle)
    with pytest.raises(ModelError, match=r"this bundle has no goldens\.npz"):
        Classifier.load(bundle, provider="cpu", verify=True)
