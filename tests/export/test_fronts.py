"""A front end is traced once, and known again by its code and the tools."""

import pytest

from digits_export import fronts, graphs, torchscript
from digits_export.subject import trained_subject
from digits_models import weights


@pytest.fixture(scope="module")
def photo():
    graph = graphs.graphs(trained_subject(weights.load("lenet-sigmoid")))["front"]
    return graph, torchscript.save(graph)


@pytest.fixture
def traced(monkeypatch, tmp_path):
    """One entry for each time that something was traced; the cache is empty at first."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return []


def save(photo, traced, opset=18, fresh=False):
    graph, script = photo
    return fronts.save(graph, script, opset, fresh=fresh, tracing=lambda: traced.append(opset))


def test_a_shipped_front_end_is_not_traced_again(photo, traced):
    found = save(photo, traced)
    assert traced == []
    assert save(photo, traced, fresh=True) == found
    assert traced == [18]


def test_another_opset_is_traced_once_and_kept(photo, traced, tmp_path):
    first = save(photo, traced, opset=19)
    assert save(photo, traced, opset=19) == first
    assert traced == [19]
    (kept,) = (tmp_path / "digits-edge" / "fronts").iterdir()
    kept.write_bytes(first[:-1])
    assert save(photo, traced, opset=19) == first  # a damaged one doesn't count
    assert traced == [19, 19]


def test_other_tools_or_another_module_are_traced(photo, traced, monkeypatch):
    graph, script = photo
    monkeypatch.setattr(fronts, "shipped", list)
    save(photo, traced)
    monkeypatch.setattr(fronts, "tools", lambda: {"torch": "0"})
    save(photo, traced)
    save((graph, script + b"other"), traced)
    assert traced == [18, 18, 18]


def test_a_cache_that_cannot_be_written_is_no_hindrance(photo, traced, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert save(photo, traced, opset=19) == save(photo, traced, opset=19)
    assert traced == [19, 19]
