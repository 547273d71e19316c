"""Repositories to look at."""

import pytest

from digits.bundle import open_bundle, shipped
from digits_export import triton


@pytest.fixture(scope="session", params=shipped())
def bundle(request):
    """Every bundle that ships."""
    return open_bundle(request.param)


@pytest.fixture(scope="session")
def made(bundle):
    """Its repository, in memory."""
    return triton.repository([bundle])


@pytest.fixture(scope="session")
def written(made, tmp_path_factory):
    """Its repository, on the disk."""
    place = tmp_path_factory.mktemp("triton") / "models"
    triton.write(made, place)
    return place
