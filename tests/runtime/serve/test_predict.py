"""`POST /predict` on a real server: answers as `digits infer` gives them, and clear refusals."""

import base64
import json
from collections.abc import Callable

import numpy as np
import pytest

from digits import Classifier
from digits.commands.formats import record
from digits.goldens.reading import Goldens

CRLF = b"\r\n"


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load("lenet", "cpu")


def form(*files: tuple[str, bytes]) -> tuple[bytes, str]:
    parts = [
        b"--b\r\ncontent-disposition: form-data; name=image; "
        + f'filename="{name}"'.encode()
        + b"\r\n\r\n"
        + data
        + CRLF
        for name, data in files
    ]
    return b"".join(parts) + b"--b--\r\n", "multipart/form-data; boundary=b"


@pytest.mark.parametrize("kind", ["image/png", "application/octet-stream", "text/plain", None])
def test_an_image_is_answered_as_infer_does(server, digit, classifier, kind: str | None) -> None:
    headers = {"content_type": kind} if kind else {}
    answer = server.post("/predict?top_k=3", digit, **headers)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    truth = classifier.predict(digit)
    wanted = record(truth, 3)
    del wanted["path"]
    found = answer.json
    assert {key: found[key] for key in wanted} == wanted
    assert found["labels"] == list(truth.labels)
    np.testing.assert_allclose(found["probabilities"], truth.probabilities, atol=1e-6)
    np.testing.assert_allclose(found["box"], truth.box, atol=0.01)
    assert "canvas" not in found


def test_the_canvas_comes_when_asked_for(server, digit, classifier) -> None:
    canvas = server.post("/predict?canvas=true", digit).json["canvas"]
    assert canvas["shape"] == [28, 28]
    levels = np.frombuffer(base64.b64decode(canvas["data"]), np.uint8).reshape(28, 28)
    np.testing.assert_array_equal(levels, classifier.predict(digit).canvas)


def test_an_empty_page_has_a_reason_and_no_box(server, png) -> None:
    answer = server.post("/predict", png(np.full((50, 40), 255, np.uint8))).json
    assert (answer["label"], answer["reason"], answer["box"]) == (None, "empty", None)


def test_goldens(server, goldens: Goldens, png: Callable[..., bytes], classifier) -> None:
    """All images of the bundle: the runtime's answer exactly, the trained network's label.

    Its probabilities can differ by more, where a grey level of the canvas rounds the other way;
    `digits verify` holds the front end and the classifier against float64 one after the other.
    """
    assert len(goldens.images) > 10
    for image in goldens.images:
        found = server.post("/predict", png(image.pixels)).json
        truth = classifier.predict(image.pixels).probabilities
        np.testing.assert_allclose(found["probabilities"], truth, atol=1e-4)
        best = int(np.argmax(image.probabilities))
        assert int(np.argmax(found["probabilities"])) == best
        assert found["label"] in (None, found["labels"][best])


def test_golden_files(server, goldens: Goldens, classifier) -> None:
    files = [(image, file) for image in goldens.images for file in image.files]
    assert {file.form.split("_")[0] for _, file in files} > {"png", "jpeg"}
    for _, file in files:
        answer = server.post("/predict", file.data)
        assert answer.status == 200, file.name
        truth = classifier.predict(file.data).probabilities
        np.testing.assert_allclose(answer.json["probabilities"], truth, atol=1e-4)
        assert np.argmax(answer.json["probabilities"]) == np.argmax(truth)


def test_many_files_are_answered_in_order(server, digit, png, classifier) -> None:
    blank = png(np.full((30, 30), 255, np.uint8))
    body, kind = form(("a.png", digit), ("../../b\u00e9.png", b"no image"), ("", blank))
    answer = server.post("/predict", body, content_type=kind)
    assert answer.status == 200
    first, second, third = answer.json["predictions"]
    assert (first["path"], first["label"]) == ("a.png", classifier.predict(digit).label)
    assert second == {
        "path": "../../b\u00e9.png",
        "error": "not an image: none of the known formats",
    }
    assert (third["path"], third["reason"]) == ("image", "empty")


@pytest.mark.parametrize(
    ("kind", "hint"),
    [
        ("application/x-www-form-urlencoded", "(curl -d drops bytes of files: use --data-binary)"),
        ("application/json", "(send the bytes of the file alone, no JSON)"),
    ],
)
def test_usual_mistakes_are_named(server, digit, kind: str, hint: str) -> None:
    dropped = digit.translate(None, b"\0\r\n")  # as curl -d does it
    answer = server.post("/predict", dropped, content_type=kind)
    assert answer.status == 400
    assert answer.json["error"].startswith("not an image")
    assert answer.json["error"].endswith(hint)
    assert server.post("/predict", digit, content_type=kind).status == 200
    assert "(" not in server.post("/predict", b"\0", content_type=kind).json["error"]


def test_names_are_escaped(server) -> None:
    body, kind = form(('x\\"\\\\, "label": 7\x01', b"none"))
    (only,) = server.post("/predict", body, content_type=kind).json["predictions"]
    assert set(only) == {"path", "error"}


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/predict?top_k=0", 400, "top_k"),
        ("/predict?top_k=1.5", 400, "top_k"),
        ("/predict?top_k=" + "9" * 5000, 400, "top_k"),
        ("/predict?canvas=maybe", 400, "canvas"),
        ("/predict?size=3", 400, "unknown option 'size': there are canvas, model, top_k"),
        ("/predict?top_k=1&top_k=2", 400, "twice"),
        ("/predict?model=../lenet", 404, "there are lenet"),
    ],
)
def test_wrong_options(server, digit, path: str, status: int, words: str) -> None:
    answer = server.post(path, digit)
    assert answer.status == status
    assert list(answer.json) == ["error"]
    assert words in answer.json["error"]


@pytest.mark.parametrize(
    ("body", "headers", "status", "words"),
    [
        (b"", {}, 400, "no image: send"),
        (b"hello", {}, 400, "not an image"),
        (json.dumps({"image": 1}).encode(), {"content_type": "application/json"}, 400, "not an"),
        (b"x", {"content_encoding": "gzip"}, 415, "compressed"),
        (b"x", {"content_type": "multipart/mixed; boundary=b"}, 415, "multipart/form-data"),
        (b"x", {"content_type": "multipart/form-data"}, 400, "boundary"),
        (b"x", {"content_type": "multipart/form-data; boundary=b"}, 400, "damaged"),
        (b"--b\r\n", {"content_type": "multipart/form-data; boundary=b"}, 400, "ends too early"),
        (b"--b--\r\n", {"content_type": "multipart/form-data; boundary=b"}, 400, ""),
    ],
)
def test_wrong_bodies(server, body: bytes, headers: dict, status: int, words: str) -> None:
    answer = server.post("/predict", body, **headers)
    assert answer.status == status
    assert words in answer.json["error"]
    assert "\n" not in answer.json["error"]


def test_too_many_files(server) -> None:
    body, kind = form(*[("a", b"x")] * 257)
    answer = server.post("/predict", body, content_type=kind)
    assert (answer.status, answer.json["error"]) == (413, "more than 256 files: send fewer at once")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_other_methods(server, method: str) -> None:
    assert server.ask(method, "/predict").status == 405


def test_other_addresses(server) -> None:
    for path in ("/nope", "/predict/", "/page/../app.py", "/page/%2e%2e%2fapp.py", "/page/nope.js"):
        answer = server.get(path)
        assert answer.status == 404, path
        assert list(answer.json) == ["error"]
