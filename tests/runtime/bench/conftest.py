"""Runs that nobody measured, and sizes at which a measurement takes a second."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from digits.bench.measurement import Kind
from digits.bench.results import Measured, Run, Series
from digits.bench.sizes import QUICK, Sizes

TINY = replace(
    QUICK,
    images=12,
    peer_images=8,
    photos=2,
    peer_photos=2,
    few=5,
    many=10,
    calls=20,
    batches=(1, 4),
    seconds=0.003,
    stage_images=6,
)


@pytest.fixture
def sizes() -> Sizes:
    return TINY


def made(name: str, samples: Mapping[tuple[str, str], tuple[float, ...]]) -> Measured:
    """A measurement with those samples; contenders whose name has "digits" in it are ours."""
    series = tuple(
        Series(contender, Kind.OURS if "digits" in contender else Kind.PEER, figure, "s", values)
        for (contender, figure), values in samples.items()
    )
    return Measured(name, f"made up: {name}", series)


@pytest.fixture(name="made")
def made_fixture() -> Callable[..., Measured]:
    return made


@pytest.fixture
def made_run() -> Callable[..., Run]:
    def run(*measured: Measured, **changes: object) -> Run:
        parts = {
            "digits": "0.1.0",
            "machine": {"processor": "abacus", "cores": 2.0, "python": "CPython 3.12"},
            "versions": {"numpy": "2.0"},
            "settings": {"model": "lenet", "provider": "cpu", "rounds": 3},
        }
        return Run(**{**parts, **changes}, measured=measured)

    return run
