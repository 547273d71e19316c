"""The Open Inference Protocol on a real server: JSON, and the bytes that tritonclient sends."""

import json
import tracemalloc

import numpy as np
import pytest

from digits import Classifier
from digits.goldens.reading import Goldens


def tensor(name: str, array: np.ndarray, datatype: str = "UINT8", **more: object) -> dict:
    return {"name": name, "datatype": datatype, "shape": list(array.shape), **more}


def with_data(name: str, array: np.ndarray) -> dict:
    return tensor(name, array, data=array.reshape(-1).tolist())


def binary(inputs: dict[str, np.ndarray], **request: object) -> tuple[bytes, dict[str, str]]:
    """As tritonclient.http's InferInput.set_data_from_numpy and InferRequestedOutput make it."""
    head = {
        "inputs": [
            tensor(name, array, parameters={"binary_data_size": array.nbytes})
            for name, array in inputs.items()
        ],
        **request,
    }
    text = json.dumps(head).encode()
    headers = {"Inference-Header-Content-Length": str(len(text))}
    return text + b"".join(array.tobytes() for array in inputs.values()), headers


def outputs_of(answer) -> dict[str, np.ndarray]:
    size = int(answer.headers.get("inference-header-content-length", len(answer.body)))
    head, raw, found = json.loads(answer.body[:size]), answer.body[size:], {}
    dtypes = {"FP32": np.float32, "UINT8": np.uint8}
    for item in head["outputs"]:
        dtype = dtypes[item["datatype"]]
        if "data" in item:
            array = np.array(item["data"], dtype)
        else:
            count = item["parameters"]["binary_data_size"]
            array, raw = np.frombuffer(raw[:count], dtype), raw[count:]
        found[item["name"]] = array.reshape(item["shape"])
    assert not raw
    return found


def test_metadata(server) -> None:
    assert server.get("/v2").json["name"] == "digits-edge"
    assert server.get("/v2/health/live").json == {"live": True}
    assert server.get("/v2/health/ready").json == {"ready": True}
    model = server.get("/v2/models/lenet").json
    assert model["inputs"] == [{"name": "image", "datatype": "UINT8", "shape": [-1, -1, -1, 3]}]
    names = [output["name"] for output in model["outputs"]]
    assert names == ["probabilities", "canvas", "clean", "box", "evidence"]
    classifier = server.get("/v2/models/lenet_classifier/versions/1").json
    assert classifier["inputs"] == [{"name": "canvas", "datatype": "UINT8", "shape": [-1, 28, 28]}]
    assert {output["name"] for output in classifier["outputs"]} == {"logits", "probabilities"}
    assert server.get("/v2/models/lenet_front/ready").json == {"name": "lenet_front", "ready": True}


@pytest.mark.parametrize(
    "path",
    ["", "/ready", "/versions/2", "/versions/2/ready"],
)
def test_unknown_models_and_versions(server, path: str) -> None:
    name = "lenet" if "versions" in path else "nope"
    answer = server.get(f"/v2/models/{name}{path}")
    assert answer.status == 404
    assert list(answer.json) == ["error"]


def test_golden_canvases(server, goldens: Goldens) -> None:
    wanted = [{"name": name, "parameters": {"binary_data": True}} for name in ("logits",)]
    body, headers = binary({"canvas": goldens.canvases}, outputs=wanted, id="g")
    answer = server.ask("POST", "/v2/models/lenet_classifier/infer", body, headers)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/octet-stream"
    np.testing.assert_allclose(outputs_of(answer)["logits"], goldens.logits, atol=1e-3)
    body = json.dumps({"inputs": [with_data("canvas", goldens.canvases)]})
    answer = server.post("/v2/models/lenet_classifier/versions/1/infer", body)
    found = outputs_of(answer)
    np.testing.assert_allclose(found["probabilities"], goldens.probabilities, atol=1e-4)
    assert list(found) == ["logits", "probabilities"]


def test_golden_images(server, goldens: Goldens) -> None:
    classifier = Classifier.load("lenet", "cpu")
    for image in goldens.images:
        if image.pixels.nbytes > 1_000_000:
            continue  # this server's limit
        wanted = {"binary_data_output": True}
        body, headers = binary({"image": image.pixels[None]}, parameters=wanted)
        answer = server.ask("POST", "/v2/models/lenet/infer", body, headers)
        assert answer.status == 200
        found = outputs_of(answer)
        truth = classifier.predict(image.pixels).probabilities
        np.testing.assert_allclose(found["probabilities"][0], truth, atol=1e-4)
        assert np.argmax(found["probabilities"][0]) == np.argmax(image.probabilities)
        assert found["canvas"].shape == (1, 28, 28)
        levels = found["canvas"][0].astype(int) - image.canvas
        assert abs(levels).max() <= 1
        np.testing.assert_allclose(found["box"][0], image.box, atol=0.01)


def test_a_batch_of_images_is_that_of_each(server, goldens: Goldens) -> None:
    images = np.stack([np.repeat(c[:, :, None], 3, axis=2) for c in goldens.canvases[:5]])
    body = json.dumps({"inputs": [with_data("image", images)], "id": "five"})
    answer = server.post("/v2/models/lenet/infer", body)
    assert answer.json["id"] == "five"
    assert (answer.json["model_name"], answer.json["model_version"]) == ("lenet", "1")
    found = outputs_of(answer)
    classifier = Classifier.load("lenet", "cpu")
    for row, image in enumerate(images):
        truth = classifier.predict(image)
        np.testing.assert_allclose(found["probabilities"][row], truth.probabilities, atol=1e-5)
        np.testing.assert_allclose(found["evidence"][row], list(truth.evidence.values()), atol=1e-4)
    front = outputs_of(server.post("/v2/models/lenet_front/infer", body))
    np.testing.assert_array_equal(front["canvas"], found["canvas"])
    np.testing.assert_array_equal(front["clean"], found["clean"])


CANVAS = np.zeros((1, 28, 28), np.uint8)
GOOD = with_data("canvas", CANVAS)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (b"", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "no JSON object"),
        ({}, "inputs is no list"),
        ({"inputs": []}, "the inputs are none: give canvas"),
        ({"inputs": [GOOD, GOOD]}, "each once"),
        ({"inputs": [GOOD | {"name": "image"}]}, "the inputs are image: give canvas"),
        ({"inputs": [GOOD | {"name": ["canvas"]}]}, "give canvas"),
        ({"inputs": [GOOD | {"datatype": "FP32"}]}, "canvas is 'FP32': give UINT8 [-1, 28, 28]"),
        ({"inputs": [GOOD | {"shape": [1, 784]}]}, "shape [1, 784]: give UINT8 [-1, 28, 28]"),
        ({"inputs": [GOOD | {"shape": [0, 28, 28]}]}, "no shape"),
        ({"inputs": [GOOD | {"shape": [1.0, 28, 28]}]}, "no shape"),
        ({"inputs": [GOOD | {"shape": [2, 28, 28]}]}, "784 numbers, its shape"),
        ({"inputs": [GOOD | {"data": [0.5] * 784}]}, "whole numbers from 0 to 255"),
        ({"inputs": [GOOD | {"data": [256] * 784}]}, "whole numbers from 0 to 255"),
        ({"inputs": [GOOD | {"data": [10**30] * 784}]}, "whole numbers from 0 to 255"),
        ({"inputs": [GOOD | {"data": [True] * 784}]}, "whole numbers from 0 to 255"),
        ({"inputs": [GOOD | {"data": [[0], [0, 0]]}]}, "no regular lists"),
        ({"inputs": [GOOD | {"data": "AAAA"}]}, "no data"),
        ({"inputs": [GOOD | {"parameters": {"binary_data_size": 784}}]}, "needs 784 bytes"),
        ({"inputs": [GOOD | {"parameters": 3}]}, "parameters is no object"),
        ({"inputs": [GOOD | {"parameters": {"shared_memory_region": "x"}}]}, "shared memory"),
        ({"inputs": [GOOD], "outputs": [{"name": "x"}]}, "there are logits, probabilities"),
        ({"inputs": [GOOD], "outputs": {}}, "outputs is no list"),
        ({"inputs": [GOOD], "id": 3}, "id is no string"),
        (
            {"inputs": [GOOD], "outputs": [{"name": "logits", "parameters": {"binary_data": 1}}]},
            "neither true nor false",
        ),
    ],
)
def test_wrong_requests(server, request_: object, words: str) -> None:
    body = request_ if isinstance(request_, bytes) else json.dumps(request_).encode()
    answer = server.post("/v2/models/lenet_classifier/infer", body)
    assert answer.status == 400
    assert words in answer.json["error"]


def test_a_long_text_among_numbers_takes_no_memory() -> None:
    """NumPy would give each item the room of the longest: gigabytes for a megabyte."""
    tensors = pytest.importorskip("digits.serve.tensors")
    texts = GOOD | {"data": ["a" * 100_000, *[""] * 783]}
    body = json.dumps({"inputs": [texts]}).encode()
    spec = tensors.Spec("canvas", "uint8", (-1, 28, 28))
    tracemalloc.start()
    try:
        with pytest.raises(tensors.Refused, match="whole numbers from 0 to 255"):
            tensors.read(body, None, [spec], [])
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("length", ["-1", "x", "9" * 30, "100000"])
def test_wrong_lengths_of_the_header(server, length: str) -> None:
    headers = {"Inference-Header-Content-Length": length}
    answer = server.ask("POST", "/v2/models/lenet_classifier/infer", b"{}", headers)
    assert answer.status == 400


def test_bytes_too_many_or_too_few(server) -> None:
    body, headers = binary({"canvas": CANVAS})
    for changed in (body[:-1], body + b"\0"):
        answer = server.ask("POST", "/v2/models/lenet_classifier/infer", changed, headers)
        assert answer.status == 400


def test_too_many_images(server) -> None:
    body, headers = binary({"image": np.zeros((1000, 1, 1, 3), np.uint8)})
    for model in ("lenet", "lenet_front"):
        answer = server.ask("POST", f"/v2/models/{model}/infer", body, headers)
        assert (answer.status, answer.json["error"][:11]) == (413, "1000 images")


def test_tritonclient(server, goldens: Goldens) -> None:
    client = pytest.importorskip(
        "tritonclient.http", reason="tritonclient isn't installed: pip install tritonclient[http]"
    )
    with client.InferenceServerClient(f"127.0.0.1:{server.port}") as triton:
        assert triton.is_server_live()
        assert triton.is_server_ready()
        assert triton.is_model_ready("lenet", "1")
        assert triton.get_model_metadata("lenet")["versions"] == ["1"]
        canvases = client.InferInput("canvas", list(goldens.canvases.shape), "UINT8")
        canvases.set_data_from_numpy(goldens.canvases)
        found = triton.infer("lenet_classifier", [canvases]).as_numpy("probabilities")
        np.testing.assert_allclose(found, goldens.probabilities, atol=1e-4)
        image = client.InferInput("image", [1, *goldens.images[0].pixels.shape], "UINT8")
        image.set_data_from_numpy(goldens.images[0].pixels[None], binary_data=False)
        wanted = [client.InferRequestedOutput("probabilities", binary_data=False)]
        answer = triton.infer("lenet", [image], outputs=wanted, request_id="7")
        assert answer.get_response()["id"] == "7"
        probabilities = goldens.images[0].probabilities
        np.testing.assert_allclose(answer.as_numpy("probabilities")[0], probabilities, atol=1e-4)
        with pytest.raises(client.InferenceServerException, match="give canvas, each once"):
            triton.infer("lenet_classifier", [image])
