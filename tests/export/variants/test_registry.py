"""Variants by name, ours and others', and what is said when one isn't there."""

from importlib.metadata import EntryPoint
from types import SimpleNamespace

import pytest

from digits.errors import ModelError, UsageError
from digits_export.variants import registry
from digits_models import plugins

PLUGIN = """
from digits_export.variants.fp16 import Fp16
class Named(Fp16):
    name = file = "mine"
mine, other = Named(), Fp16()
"""


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Installs entry points that lead to a module of somebody else's."""
    (tmp_path / "others_variants.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)

    def install(**targets):
        points = [EntryPoint(n, v, plugins.VARIANTS) for n, v in targets.items()]
        monkeypatch.setattr(plugins, "entry_points", lambda **_: points)

    return install


def test_ours_in_order():
    wanted = registry.choose("all")
    assert [variant.name for variant in wanted.variants] == ["pt2", "fp16", "int8", "ort"]
    assert wanted.named is False
    assert {"model.pt2", "model.int8.onnx", "goldens.int8.npz"} <= registry.known_files()
    assert registry.choose(None).variants == ()


def test_some_once_each():
    wanted = registry.choose("int8, fp16,int8", "mnist")
    assert [variant.name for variant in wanted.variants] == ["int8", "fp16"]
    assert (wanted.named, wanted.calibration) == (True, "mnist")


def test_unknown_ones_and_calibration_of_nothing():
    with pytest.raises(UsageError) as caught:
        registry.choose("fp16,bf16")
    assert str(caught.value) == (
        "unknown variant 'bf16'; known: pt2, fp16, int8, ort, or all for all of them"
    )
    with pytest.raises(UsageError, match="--calibration is for --variants int8"):
        registry.choose(None, "mnist")


def test_others_come_through_entry_points(plugin):
    plugin(mine="others_variants:mine")
    assert registry.names() == ["pt2", "fp16", "int8", "ort", "mine"]
    (mine,) = registry.choose("mine").variants
    assert mine.file == "mine"
    assert len(registry.choose("all").variants) == 5


def test_a_broken_one_only_breaks_those_who_want_it(plugin, capsys):
    plugin(mine="others_variants:gone", absent="no_such_module:x", alias="others_variants:other")
    assert registry.choose("fp16").variants[0].name == "fp16"
    with pytest.raises(ModelError, match="mine of an unknown distribution can't be loaded"):
        registry.choose("mine")
    with pytest.raises(ModelError, match="No module named 'no_such_module'"):
        registry.choose("absent")
    with pytest.raises(ModelError, match="calls itself 'fp16'"):
        registry.choose("alias")
    assert [v.name for v in registry.choose("all").variants] == ["pt2", "fp16", "int8", "ort"]
    assert capsys.readouterr().err.count("note: ") == 3


def test_one_that_lacks_a_verb(plugin, monkeypatch):
    plugin(mine="others_variants:mine")
    bare = SimpleNamespace(name="mine", file="mine")
    monkeypatch.setattr(EntryPoint, "load", lambda _: bare)
    with pytest.raises(ModelError, match="has no purpose, bound, save, load"):
        registry.choose("mine")


def test_two_of_one_name(plugin):
    plugin(int8="others_variants:mine")
    with pytest.raises(UsageError) as caught:
        registry.choose("fp16")
    assert str(caught.value) == (
        "two variants are called 'int8': digits-edge's and an unknown distribution's: "
        "uninstall one of them"
    )
