"""A small network with canvases to calibrate and judge on, made without any data set."""

from collections.abc import Mapping

import numpy as np
import pytest

from digits.bundle import open_bundle
from digits_export import graphs, onnx
from digits_export.engines import truth
from digits_export.subject import Subject, trained_subject
from digits_export.variants import choose
from digits_export.variants.judge import Ballot
from digits_export.variants.variant import Source
from digits_models import weights


@pytest.fixture(scope="session")
def subject() -> Subject:
    return trained_subject(weights.load("cnn"))


@pytest.fixture(scope="session")
def canvases() -> np.ndarray:
    """The golden digits, moved about: uint8 [300, 28, 28]."""
    with np.load(open_bundle("cnn").directory / "goldens.npz") as goldens:
        digits = goldens["canvas"][:10]
    random = np.random.default_rng(0)
    moves = random.integers(-2, 3, (30, 2))
    moved = [np.roll(digits, move, (1, 2)) for move in moves]
    levels = random.integers(0, 12, (300, 28, 28), dtype=np.uint8)
    return np.maximum(np.concatenate(moved), levels)


@pytest.fixture(scope="session")
def source(subject: Subject, canvases: np.ndarray) -> Source:
    graph = graphs.graphs(subject)["model"]
    return Source(graph, onnx.save(graph), lambda: canvases[:120])


@pytest.fixture(scope="session")
def files(source: Source) -> Mapping[str, bytes]:
    """Every variant's file, by name of the variant."""
    return {variant.name: variant.save(source) for variant in choose("all").variants}


@pytest.fixture(scope="session")
def ballot(source: Source, canvases: np.ndarray) -> Ballot:
    """What float64 says is right."""
    labels = truth(source.graph).run(canvases)["logits"].argmax(1)
    return Ballot("test set", canvases, labels, 64)


@pytest.fixture(scope="session")
def goldens(source: Source, canvases: np.ndarray) -> Mapping[str, np.ndarray]:
    some = canvases[:20]
    return {"canvas": some, **truth(source.graph).run(some)}
