import json
import pickle
from pathlib import Path

import pytest
import safetensors.torch
import torch

from digits.errors import ModelError, OutputError
from digits_models import registry, weights


def build(name: str = "mlp") -> torch.nn.Module:
    torch.manual_seed(1)
    return registry.get(name).build()


def test_what_is_saved_is_loaded(tmp_path: Path):
    network, file = build(), tmp_path / "deep" / "mlp.safetensors"
    record = {"arch": "mlp", "temperature": 1.5, "accuracy": {"test": 0.98}}
    weights.save(file, network, record)
    trained = weights.load("mlp", file)
    assert trained.architecture is registry.get("mlp")
    assert trained.record == record
    assert trained.temperature == 1.5
    assert not trained.network.training
    for name, tensor in network.state_dict().items():
        assert torch.equal(trained.network.state_dict()[name], tensor)
    assert json.loads(file.with_suffix(".json").read_text()) == record
    assert sorted(path.name for path in file.parent.iterdir()) == [
        "mlp.json",
        "mlp.safetensors",
    ]


def test_equal_weights_are_equal_files_and_have_equal_digests(tmp_path: Path):
    record = {"arch": "mlp", "seed": 0}
    for name in ("a", "b"):
        weights.save(tmp_path / f"{name}.safetensors", build(), record)
    first, second = (tmp_path / f"{name}.safetensors" for name in "ab")
    assert first.read_bytes() == second.read_bytes()
    torch.save(build().state_dict(), tmp_path / "c.pt")
    digests = {weights.load("mlp", file).digest for file in (first, tmp_path / "c.pt")}
    assert len(digests) == 1
    changed = build()
    with torch.no_grad():
        changed.head.bias[0] += 1
    assert weights.digest(changed.state_dict()) not in digests


@pytest.mark.parametrize("suffix", [".pt", ".pth"])
def test_a_plain_state_dict_is_loaded(suffix: str, tmp_path: Path):
    file = tmp_path / f"mlp{suffix}"
    torch.save(build().state_dict(), file)
    trained = weights.load("mlp", file)
    assert torch.equal(trained.network.head.weight, build().head.weight)
    assert (trained.record, trained.temperature) == ({}, 1.0)


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
def test_another_architecture_names_the_first_tensor_that_does_not_fit(suffix: str, tmp_path: Path):
    file = tmp_path / f"net{suffix}"
    if suffix == ".pt":
        torch.save(build("mlp").state_dict(), file)
    else:
        weights.save(file, build("mlp"), {"arch": "mlp"})
    with pytest.raises(ModelError, match=r"is no cnn: tensor body\.conv1\.weight \[16, 1, 5, 5\]"):
        weights.load("cnn", file)


def test_a_misshapen_an_alien_and_a_broken_tensor_are_named(tmp_path: Path):
    file = tmp_path / "mlp.pt"
    good = build().state_dict()
    for tensors, complaint in [
        (good | {"head.bias": torch.zeros(12)}, r"head\.bias is \[12\], not \[10\]"),
        (good | {"extra": torch.zeros(1)}, "extra has no place"),
        (good | {"head.bias": torch.full((10,), torch.nan)}, r"head\.bias holds values that are"),
    ]:
        torch.save(tensors, file)
        with pytest.raises(ModelError, match=complaint):
            weights.load("mlp", file)


def test_fitting_tensors_of_another_architecture_are_refused(tmp_path: Path):
    file = tmp_path / "net.safetensors"
    weights.save(file, build("mlp"), {"arch": "perceptron"})
    with pytest.raises(ModelError, match="holds weights of perceptron, not of mlp"):
        weights.load("mlp", file)


class Trap:
    """Writes a file when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, ...]:
        return Path.write_text, (self.target, "caught")


def test_a_pickle_with_code_is_refused_and_not_run(tmp_path: Path):
    trap = Trap(tmp_path / "caught")
    torch.save({"head.bias": trap}, tmp_path / "trap.pt")
    (tmp_path / "bare.pt").write_bytes(pickle.dumps(trap))
    for name in ("trap.pt", "bare.pt"):
        with pytest.raises(ModelError, match=name):
            weights.load("mlp", tmp_path / name)
    assert not (tmp_path / "caught").exists()


def test_a_whole_module_is_refused(tmp_path: Path):
    torch.save(build(), tmp_path / "module.pt")
    with pytest.raises(ModelError, match=r"save one with torch\.save\(model\.state_dict\(\)"):
        weights.load("mlp", tmp_path / "module.pt")


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
@pytest.mark.parametrize("dtype", [torch.int32, torch.uint8, torch.bool])
def test_numbers_cut_to_integers_are_refused(dtype: torch.dtype, suffix: str, tmp_path: Path):
    file = tmp_path / f"cut{suffix}"
    tensors = build().state_dict() | {"head.weight": build().head.weight.to(dtype)}
    save = safetensors.torch.save_file if suffix == ".safetensors" else torch.save
    save(tensors, file)
    kind = str(dtype).removeprefix("torch.")
    with pytest.raises(ModelError, match=rf"tensor head\.weight is {kind}, not float32"):
        weights.load("mlp", file)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_other_floating_types_are_loaded_as_float32(dtype: torch.dtype, tmp_path: Path):
    torch.save(build().to(dtype).state_dict(), tmp_path / "net.pt")
    found = weights.load("mlp", tmp_path / "net.pt").network.head.weight
    assert found.dtype == torch.float32
    assert torch.equal(found, build().head.weight.to(dtype).float())


def test_a_torchscript_archive_is_refused_in_our_own_words(tmp_path: Path):
    torch.jit.script(build()).save(tmp_path / "script.pt")
    with pytest.raises(
        ModelError, match=r"script\.pt is a TorchScript archive, .*state_dict"
    ) as told:
        weights.load("mlp", tmp_path / "script.pt")
    assert "weights_only" not in str(told.value)


def test_a_bare_pickle_is_refused_in_our_own_words(tmp_path: Path):
    (tmp_path / "bare.pt").write_bytes(pickle.dumps(build().state_dict()))
    with pytest.raises(ModelError, match=r"bare\.pt is a pickle .*\.safetensors") as told:
        weights.load("mlp", tmp_path / "bare.pt")
    assert "weights_only" not in str(told.value)


@pytest.mark.parametrize("content", [[torch.zeros(1)], {}, {"epoch": 3}, {0: torch.zeros(1)}])
def test_what_is_no_state_dict_is_refused(content: object, tmp_path: Path):
    torch.save(content, tmp_path / "odd.pt")
    with pytest.raises(ModelError, match=r"state.dict"):
        weights.load("mlp", tmp_path / "odd.pt")


@pytest.mark.parametrize("name", ["broken.safetensors", "broken.pt", "net.onnx"])
def test_a_file_that_is_no_weights_is_named(name: str, tmp_path: Path):
    (tmp_path / name).write_bytes(b"certainly not weights")
    with pytest.raises(ModelError, match=name):
        weights.load("mlp", tmp_path / name)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(ModelError, match="no such file"):
        weights.load("mlp", tmp_path / "nowhere.safetensors")


def test_vgg_has_no_shipped_weights_and_says_how_to_get_them():
    with pytest.raises(ModelError, match="digits train --arch vgg16"):
        weights.load("vgg16")


def test_a_folder_that_is_a_file_is_an_output_error(tmp_path: Path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(OutputError, match="can't be written"):
        weights.save(tmp_path / "taken" / "mlp.safetensors", build(), {})
