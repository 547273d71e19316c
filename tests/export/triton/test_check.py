"""What Triton would refuse is refused before it is written."""

from dataclasses import replace

import onnx
import pytest

from digits.bundle import open_bundle
from digits.errors import ModelError
from digits_export import triton
from digits_export.triton import check
from digits_export.triton.config import Step, configs


@pytest.fixture(scope="module")
def lenet():
    """lenet's configurations and files."""
    bundle = open_bundle("lenet")
    return configs(bundle.manifest), triton.repository([bundle]).files


def refused(several, files):
    with pytest.raises(ModelError) as caught:
        check(several, files)
    return str(caught.value)


def changed_output(config, place, **fields):
    outputs = list(config.outputs)
    outputs[place] = replace(outputs[place], **fields)
    return replace(config, outputs=tuple(outputs))


def stepped(config, place, **fields):
    steps = list(config.steps)
    steps[place] = replace(steps[place], **fields)
    return replace(config, steps=tuple(steps))


def test_what_is_written_passes(lenet):
    check(*lenet)


ENSEMBLES = {
    "there is no model lenet_back": lambda e: stepped(e, 0, model="lenet_back"),
    "image of lenet_front is given to no input": lambda e: stepped(e, 0, inputs={}),
    "picture of lenet_front is no input": lambda e: stepped(
        e, 0, inputs={"image": "image", "picture": "image"}
    ),
    "no step makes sketch": lambda e: stepped(e, 1, inputs={"canvas": "sketch"}),
    "canvas_inside is made twice": lambda e: stepped(e, 2, outputs={"relayed": "canvas_inside"}),
    "ink is no output of lenet_front": lambda e: stepped(
        e, 0, outputs={**e.steps[0].outputs, "ink": "ink"}
    ),
    "image is TYPE_UINT8 [-1, -1, 3], and TYPE_UINT8 [28, 28] elsewhere": lambda e: stepped(
        e, 1, inputs={"canvas": "image"}
    ),
    "canvas_inside of lenet_front is unused": lambda e: replace(
        e, steps=(e.steps[0], stepped(e, 1, inputs={"canvas": "image"}).steps[1])
    ),
    "takes 32 at once, lenet_front only 16": lambda e: replace(e, max_batch=32),
    "its largest batch is 0": lambda e: replace(e, max_batch=0),
    "no step makes canvas": lambda e: replace(e, steps=e.steps[:2]),
    "box is TYPE_FP32 [4], and TYPE_UINT8 [4] elsewhere": lambda e: changed_output(
        e, 3, type="TYPE_UINT8"
    ),
    "'../lenet' is no name of a folder": lambda e: replace(e, name="../lenet"),
    "'' is no name of a folder": lambda e: replace(e, name=""),
    "'.lenet' is no name of a folder": lambda e: replace(e, name=".lenet"),
}


@pytest.mark.parametrize("problem", ENSEMBLES)
def test_an_ensemble(problem, lenet):
    (ensemble, *others), files = lenet
    message = refused([ENSEMBLES[problem](ensemble), *others], files)
    assert "Triton would refuse it: " in message
    if "unused" not in problem:
        assert message.endswith(problem)


def test_an_output_that_nobody_takes(lenet):
    (ensemble, *others), files = lenet
    fewer = replace(ensemble, outputs=ensemble.outputs[:2] + ensemble.outputs[3:])
    assert refused([fewer, *others], files).endswith("clean of lenet_front is unused")


def test_an_ensemble_that_can_not_be_asked_for_a_part(lenet):
    """triton-inference-server/server#7482: without the relay, the canvas goes both ways."""
    (ensemble, front, classifier, _), files = lenet
    steps = (
        Step(front.name, {"image": "image"}, {each.name: each.name for each in front.outputs}),
        Step(classifier.name, {"canvas": "canvas"}, {"probabilities": "probabilities"}),
    )
    message = refused([replace(ensemble, steps=steps), front, classifier], files)
    assert "all outputs of lenet_front are its own" in message


GRAPHS = {
    "its inputs are none, the graph's canvas": lambda c: replace(c, inputs=()),
    "ink: the graph has none": lambda c: changed_output(c, 0, name="ink"),
    "logits: is TYPE_UINT8, the graph's is FLOAT": lambda c: changed_output(
        c, 0, type="TYPE_UINT8"
    ),
    "logits: is [11], the graph's is [10]": lambda c: changed_output(c, 0, dims=(11,)),
    "labels.txt has 10 lines for 11 probabilities": lambda c: changed_output(c, 1, dims=(11,)),
    "warm-up 'much' has 65 of [28, 28], for [28, 28]": lambda c: replace(
        c, warm={"much": (65, (28, 28))}
    ),
    "warm-up 'wide' has 1 of [28, 29], for [28, 28]": lambda c: replace(
        c, warm={"wide": (1, (28, 29))}
    ),
}


@pytest.mark.parametrize("problem", GRAPHS)
def test_a_graph(problem, lenet):
    (_ensemble, front, classifier, _relay), files = lenet
    message = refused([front, GRAPHS[problem](classifier)], files)
    assert message == f"lenet_classifier: Triton would refuse it: {problem}"


def test_a_graph_of_one_batch(lenet):
    (*_, classifier, _), files = lenet
    model = onnx.load_from_string(files["lenet_classifier/1/model.onnx"])
    model.graph.output[0].type.tensor_type.shape.dim[0].dim_value = 1
    changed = {"lenet_classifier/1/model.onnx": model.SerializeToString()}
    message = refused([classifier], {**files, **changed})
    assert message.endswith("logits: the graph takes batches of 1 alone")


@pytest.mark.parametrize("file", ["labels.txt", "1/model.onnx"])
def test_a_missing_file(file, lenet):
    (*_, classifier, _), files = lenet
    left = {name: data for name, data in files.items() if name != f"lenet_classifier/{file}"}
    assert refused([classifier], left).endswith(f"{file} is missing")


def test_two_of_one_name(lenet):
    (_, front, *_), files = lenet
    assert refused([front, front], files).startswith("lenet_front: two models have that name")
