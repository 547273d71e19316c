import pytest
import torch
from torch import nn

from digits_models import registry
from digits_models.classifier import CanvasClassifier

SMALL = [name for name in registry.names() if registry.get(name).parameters < 1_000_000]
COUNTS = {
    "lenet": 61_706,
    "lenet-sigmoid": 61_706,
    "mlp": 109_386,
    "cnn": 28_938,
    "simple-cnn": 121_930,
    "vgg16": 138_367_554,
    "teacher": 298_410,
}
INPUTS = {"lenet": (1, 32, 32), "vgg16": (3, 224, 224)}
FEATURES = {"lenet": 84, "lenet-sigmoid": 84, "mlp": 64, "cnn": 1568, "simple-cnn": 64}


def canvases(count: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    return torch.randint(0, 256, (count, 28, 28), dtype=torch.uint8, generator=generator)


def classifier(name: str) -> CanvasClassifier:
    torch.manual_seed(0)
    architecture = registry.get(name)
    return CanvasClassifier(architecture.prepare(), architecture.build(), temperature=2.0).eval()


def test_the_networks_of_the_design_are_registered():
    assert sorted(COUNTS) == sorted(registry.names())


@pytest.mark.parametrize("name", registry.names())
def test_parameters_are_exactly_as_many_as_registered(name: str):
    with torch.device("meta"):
        network = registry.get(name).build()
    count = sum(parameter.numel() for parameter in network.parameters())
    assert count == registry.get(name).parameters
    assert count == COUNTS.get(name, count)


@pytest.mark.parametrize("name", registry.names())
def test_prepare_makes_what_the_network_takes(name: str):
    architecture = registry.get(name)
    prepared = architecture.prepare()(canvases(2))
    assert prepared.shape == (2, *INPUTS.get(name, (1, 28, 28)))
    assert prepared.dtype == torch.float32
    with torch.device("meta"):
        network = architecture.build()
    assert network(prepared.to("meta")).shape == (2, 10)
    features = network.features(prepared.to("meta"))
    assert features.shape == (2, network.head.in_features)
    assert features.shape[1] == FEATURES.get(name, features.shape[1])


@pytest.mark.parametrize("name", SMALL)
def test_forward_weighs_the_features(name: str):
    architecture = registry.get(name)
    network, x = architecture.build().eval(), architecture.prepare()(canvases(3))
    torch.testing.assert_close(network(x), network.head(network.features(x)))


def test_lenet_pads_with_black_ink_before_normalising():
    prepared = registry.get("lenet").prepare()(torch.zeros(1, 28, 28, dtype=torch.uint8))
    torch.testing.assert_close(prepared, torch.full((1, 1, 32, 32), -0.1307 / 0.3081))


def test_vgg_grows_canvases_and_repeats_the_channel():
    prepared = registry.get("vgg16").prepare()(canvases(1))
    assert torch.equal(prepared[:, 0], prepared[:, 2])
    pixels = canvases(1).float().view(1, 1, 28, 28) / 255
    grown = nn.functional.interpolate(pixels, size=224, mode="bilinear", align_corners=False)
    torch.testing.assert_close(prepared[:, :1] * 0.3081 + 0.1307, grown)


@pytest.mark.parametrize("name", SMALL)
def test_classifier_gives_raw_logits_and_tempered_probabilities(name: str):
    model = classifier(name)
    logits, probabilities = model(canvases(3))
    direct = model.network(registry.get(name).prepare()(canvases(3)))
    torch.testing.assert_close(logits, direct)
    torch.testing.assert_close(probabilities, torch.softmax(logits / 2, dim=1))


@pytest.mark.parametrize("name", SMALL)
def test_classifier_scripts_and_answers_alike(name: str):
    model = classifier(name)
    scripted = torch.jit.script(model)
    for count in (1, 2, 7):
        for answer, truth in zip(scripted(canvases(count)), model(canvases(count)), strict=True):
            torch.testing.assert_close(answer, truth)


@pytest.mark.parametrize("name", SMALL)
def test_double_gives_the_same_answers_in_float64(name: str):
    single = classifier(name)(canvases(2))[0]
    logits, probabilities = classifier(name).double()(canvases(2))
    assert logits.dtype == probabilities.dtype == torch.float64
    torch.testing.assert_close(logits.float(), single, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(probabilities.sum(1), torch.ones(2, dtype=torch.float64))
