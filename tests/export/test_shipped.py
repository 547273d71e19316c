"""The bundles in the wheel are what the exporter writes today, byte for byte."""

import json
from functools import cache
from importlib import metadata

import pytest

from digits.bundle import FRONT, GOLDENS, MANIFEST, MODEL, open_bundle, shipped
from digits.manifest import SEAL, seal
from digits_export import (
    engines,
    expected,
    fronts,
    goldens,
    graphs,
    manifest,
    onnx,
    torchscript,
)
from digits_export.rewrites import rewritten
from digits_export.subject import trained_subject
from digits_models import weights


@pytest.fixture(params=shipped())
def bundle(request):
    opened = open_bundle(request.param)
    for tool, version in opened.manifest.tools.items():
        installed = metadata.version(tool)
        if installed != version:
            pytest.skip(f"{request.param} was exported with {tool} {version}, here is {installed}")
    return opened


@cache
def photo_front():
    return onnx.save(graphs.graphs(trained_subject(weights.load("lenet-sigmoid")))["front"])


@pytest.fixture(scope="session")
def traced(full):
    """Front ends by name, each exported at most once: tracing takes a quarter of a minute."""
    return {"ink": (full.directory / FRONT).read_bytes, "photo": photo_front}


def test_every_small_network_ships():
    assert shipped() == ["cnn", "lenet", "lenet-sigmoid", "mlp", "simple-cnn"]


def test_a_fresh_export_is_equal(bundle, traced):
    trained = weights.load(bundle.manifest.arch)
    subject = trained_subject(trained)
    several = graphs.graphs(subject)
    classifier = engines.truth(several["model"])
    arrays = goldens.make(engines.truth(several["front"]), classifier)
    fresh = {
        MODEL: rewritten(onnx.save(several["model"])),
        FRONT: traced[bundle.manifest.front](),
        GOLDENS: goldens.serialise(arrays),
    }
    for name, data in fresh.items():
        assert bundle.read(name) == data, f"{bundle.name}/{name} differs: `make bundles` renews it"
    assert {file.name for file in bundle.directory.iterdir()} == {*fresh, MANIFEST}
    tolerance = expected.tolerances(classifier, arrays["canvas"])
    front = fronts.digest(torchscript.save(several["front"]))
    described = manifest.describe(subject, tolerance, front, fresh)
    fields = json.loads((bundle.directory / MANIFEST).read_text())
    assert fields.pop(SEAL) == seal(fields)
    assert fields == described
