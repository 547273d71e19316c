"""Training on a data set of bars: what is written, what is equal, what happens on interruption."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from digits.errors import InputError, ModelError, OutputError, ProviderError, UsageError
from digits_models import checkpoint, history, splits, train, weights
from digits_models.recipe import Recipe, resolve

CPU = torch.device("cpu")


def tiny(arch: str = "mlp", **changes: object) -> Recipe:
    options = {"epochs": 3, "batch_size": 16, "lr": 3e-3, "eval_every": 4, "seed": 7} | changes
    return resolve(arch, **options)


def test_it_learns_and_writes_all_that_is_promised(tmp_path: Path, tiny_data: Path):
    recipe = tiny(epochs=20, lr=1e-2)
    result = train.train(recipe, tmp_path, data_dir=tiny_data)
    assert result.test.accuracy >= 0.9
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "curves.png",
        "history.csv",
        "mlp.json",
        "mlp.safetensors",
    ]
    trained = weights.load("mlp", result.weights)
    assert trained.record == result.record == json.loads((tmp_path / "mlp.json").read_text())
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_history_has_a_line_for_each_evaluation(tmp_path: Path, tiny_data: Path):
    train.train(tiny(), tmp_path, data_dir=tiny_data)
    with (tmp_path / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    # 88 training images in batches of 16: 6 steps an epoch, and the last step is evaluated too.
    assert [int(row["step"]) for row in rows] == [4, 8, 12, 16, 18]
    assert float(rows[-1]["epoch"]) == 3
    for row in rows:
        assert 0 <= float(row["validation_accuracy"]) <= 1
        assert float(row["train_loss"]) > 0


def test_the_record_rebuilds_the_training_and_tells_nothing_else(tmp_path: Path, tiny_data: Path):
    record = train.train(tiny(), tmp_path, data_dir=tiny_data).record
    assert record["command"] == (
        "digits train --arch mlp --dataset mnist --epochs 3 --batch-size 16 --optimizer adamw "
        "--lr 0.003 --schedule one-cycle --init kaiming --eval-every 4 --seed 7 --limit 0"
    )
    assert record["arguments"]["ema"] == tiny().preset.ema
    assert set(record["accuracy"]) == {"train_augmented", "validation", "test"}
    assert record["versions"]["torch"] == torch.__version__.split("+")[0]
    assert str(tmp_path) not in json.dumps(record)
    assert str(tiny_data) not in json.dumps(record)


def test_the_best_by_validation_is_kept(tmp_path: Path, tiny_data: Path):
    record = train.train(tiny(epochs=8, lr=1e-2), tmp_path, data_dir=tiny_data).record
    with (tmp_path / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    best = max(
        rows, key=lambda row: (float(row["validation_accuracy"]), -float(row["validation_loss"]))
    )
    assert record["best_step"] == int(best["step"])
    assert record["accuracy"]["validation"] == float(best["validation_accuracy"])


@pytest.mark.parametrize("arch", ["mlp", "lenet-sigmoid"])
def test_the_same_seed_gives_the_same_weights(arch: str, tmp_path: Path, tiny_data: Path):
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        train.train(tiny(arch, epochs=1, seed=seed), tmp_path / name, data_dir=tiny_data)
    first, second, other = ((tmp_path / n / f"{arch}.safetensors").read_bytes() for n in "abc")
    assert first == second
    assert first != other


class StopError(Exception):
    """Stands for whatever ends the process."""


def stop_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a training die while its step `step` is being evaluated, after the checkpoint before."""
    evaluate = train._evaluate

    def dying(run, *arguments):
        if run.step >= step:
            raise StopError
        evaluate(run, *arguments)

    monkeypatch.setattr(train, "_evaluate", dying)


@pytest.mark.parametrize("arch", ["cnn", "mlp"])
@pytest.mark.parametrize("optimizer", ["adamw", "sgd", "rmsprop"])
def test_a_resumed_training_ends_like_an_uninterrupted_one(
    arch: str, optimizer: str, tmp_path: Path, tiny_data: Path, monkeypatch: pytest.MonkeyPatch
):
    recipe = tiny(arch, optimizer=optimizer)
    train.train(recipe, tmp_path / "whole", data_dir=tiny_data)
    with monkeypatch.context() as patch:
        stop_at(12, patch)
        with pytest.raises(StopError):
            train.train(recipe, tmp_path / "torn", data_dir=tiny_data)
    assert checkpoint.load(tmp_path / "torn" / train.CHECKPOINT)[1]["step"] == 8
    # What the process drew in between must not matter.
    torch.rand(5)
    train.train(recipe, tmp_path / "torn", data_dir=tiny_data)
    for name in (f"{arch}.safetensors", f"{arch}.json", "history.csv", "curves.png"):
        assert (tmp_path / "torn" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def interrupted(out: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch, **changes) -> Recipe:
    recipe = tiny(**changes)
    with monkeypatch.context() as patch:
        stop_at(12, patch)
        with pytest.raises(StopError):
            train.train(recipe, out, data_dir=data_dir)
    return recipe


def test_the_weights_so_far_are_usable(tmp_path, tiny_data, monkeypatch):
    interrupted(tmp_path, tiny_data, monkeypatch)
    trained = weights.load("mlp", tmp_path / "mlp.safetensors")
    assert trained.record["complete"] is False
    assert "test" not in trained.record["accuracy"]


def test_other_options_do_not_continue_it(tmp_path, tiny_data, monkeypatch):
    recipe = interrupted(tmp_path, tiny_data, monkeypatch)
    with pytest.raises(UsageError, match=r"with lr 0\.003, not 0\.1; .*--fresh"):
        train.train(tiny(lr=0.1), tmp_path, data_dir=tiny_data)
    assert train.train(recipe, tmp_path, data_dir=tiny_data).record["complete"] is True


def test_fresh_starts_over(tmp_path, tiny_data, monkeypatch):
    interrupted(tmp_path / "a", tiny_data, monkeypatch)
    train.train(tiny(lr=0.1), tmp_path / "a", data_dir=tiny_data, fresh=True)
    train.train(tiny(lr=0.1), tmp_path / "b", data_dir=tiny_data)
    first, second = (tmp_path / name / "mlp.safetensors" for name in "ab")
    assert first.read_bytes() == second.read_bytes()


def test_what_is_done_is_not_trained_again(tmp_path, tiny_data, monkeypatch, capsys):
    first = train.train(tiny(epochs=1), tmp_path, data_dir=tiny_data)
    content = first.weights.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(train, "_learn", lambda *_: pytest.fail("trained again"))
        assert train.train(tiny(epochs=1), tmp_path, data_dir=tiny_data) == first
    assert f"{tmp_path} is done already: " in capsys.readouterr().err
    assert first.weights.read_bytes() == content


@pytest.mark.parametrize("how", ["other options", "fresh", "damaged weights", "unfinished weights"])
def test_what_is_not_the_same_and_done_is_trained(how, tmp_path, tiny_data, monkeypatch):
    first = train.train(tiny(epochs=1), tmp_path, data_dir=tiny_data)
    if how == "damaged weights":
        first.weights.write_bytes(b"torn")
    if how == "unfinished weights":
        network = weights.load("mlp", first.weights).network
        weights.save(first.weights, network, first.record | {"complete": False})
    trained = []
    learn = train._learn
    monkeypatch.setattr(train, "_learn", lambda *a: (trained.append(True), learn(*a)))
    seed = 8 if how == "other options" else 7
    recipe = tiny(epochs=1, seed=seed)
    again = train.train(recipe, tmp_path, data_dir=tiny_data, fresh=how == "fresh")
    assert trained
    assert again.record["complete"] is True
    assert again.record["seed"] == seed


def test_a_damaged_checkpoint_is_named(tmp_path, tiny_data):
    (tmp_path / train.CHECKPOINT).write_bytes(b"torn")
    with pytest.raises(InputError, match=r"checkpoint.*--fresh"):
        train.train(tiny(), tmp_path, data_dir=tiny_data)


def test_limit_cuts_every_split(tmp_path, tiny_data):
    record = train.train(tiny(limit=20, epochs=1), tmp_path, data_dir=tiny_data).record
    assert record["step"] == 2
    assert record["arguments"]["limit"] == 20
    assert (record["accuracy"]["test"] * 20) % 1 == 0
    assert record["images"] == {"test": 20}


def test_another_data_set_is_recorded(tmp_path, tiny_data):
    recipe = tiny(dataset="fashion-mnist", epochs=1)
    assert train.train(recipe, tmp_path, data_dir=tiny_data).record["dataset"] == "fashion-mnist"


def test_too_little_data_is_an_input_error(tmp_path, bars, write_idx):
    for split in ("train", "test"):
        write_idx(tmp_path / "MNIST" / "raw", split, *bars(22))
    with pytest.raises(InputError, match="22 training images of mnist are too few"):
        train.train(tiny(), tmp_path / "out", data_dir=tmp_path)


def test_a_folder_that_cannot_be_written_fails_before_training(tmp_path, tiny_data, monkeypatch):
    (tmp_path / "taken").write_text("")
    monkeypatch.setattr(train, "_learn", lambda *_: pytest.fail("trained for nothing"))
    with pytest.raises(OutputError, match="taken"):
        train.train(tiny(), tmp_path / "taken", data_dir=tiny_data)


def test_without_matplotlib_the_training_ends_well(tmp_path, tiny_data, monkeypatch, capsys):
    monkeypatch.setattr(history, "find_spec", lambda _name: None)
    train.train(tiny(epochs=1), tmp_path, data_dir=tiny_data)
    assert "pip install 'digits-edge[plot]'" in capsys.readouterr().err
    assert not (tmp_path / "curves.png").exists()
    assert (tmp_path / "mlp.safetensors").exists()


def test_a_diverged_training_stops_and_says_so(tmp_path, tiny_data):
    with pytest.raises(ModelError, match=r"diverged before step 4 .* --lr below 1e\+30"):
        train.train(tiny(optimizer="sgd", lr=1e30), tmp_path, data_dir=tiny_data)
    assert not (tmp_path / "mlp.safetensors").exists()


def test_after_divergence_other_options_start_over(tmp_path, tiny_data):
    with pytest.raises(ModelError, match="diverged"):
        train.train(tiny(optimizer="sgd", lr=1e30), tmp_path, data_dir=tiny_data)
    assert list(tmp_path.iterdir()) == []
    again = train.train(tiny(optimizer="sgd", lr=1e-3, epochs=1), tmp_path, data_dir=tiny_data)
    assert again.record["complete"] is True


def test_cuda_that_is_not_there_is_a_provider_error(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert train.choose_device("auto") == CPU
    with pytest.raises(ProviderError, match="--device cpu"):
        train.choose_device("cuda")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"optimizer": "lion"}, "unknown optimizer 'lion'; known: sgd, adam"),
        ({"schedule": "linear"}, "unknown schedule 'linear'; known: constant"),
        ({"init": "zeros"}, "unknown initialisation 'zeros'; known: default"),
        ({"dataset": "emnist"}, "unknown data set 'emnist'"),
        ({"epochs": 0}, "--epochs is 0; it must be at least 1"),
        ({"batch_size": 0}, "--batch-size"),
        ({"eval_every": -1}, "--eval-every"),
        ({"limit": -1}, "--limit"),
        ({"seed": -1}, "--seed"),
        ({"lr": 0.0}, "--lr is 0"),
        ({"lr": float("nan")}, "--lr is nan"),
    ],
)
def test_wrong_options_are_usage_errors(changes, message):
    with pytest.raises(UsageError, match=message):
        tiny(**changes)


def test_an_architecture_without_a_preset_has_a_default(monkeypatch):
    from digits_models import recipe

    monkeypatch.setattr(recipe, "PRESETS", {})
    assert resolve("lenet").preset == recipe.Preset()
    assert resolve("lenet", epochs=2).preset == replace(recipe.Preset(), epochs=2)


def test_validation_has_as_many_easy_as_hard_writers_and_shares_no_image(tmp_path, write_idx):
    # Every image is its own number, so that the split can be read from the pixels.
    numbers = np.arange(240)
    images = np.zeros((240, 28, 28), np.uint8)
    images[:, 0, 0] = numbers
    for split in ("train", "test"):
        write_idx(tmp_path / "MNIST" / "raw", split, images, numbers % 10)
    parts = splits.training_and_validation("mnist", tmp_path, 0, CPU)
    learnt, held_out = (set(part.images[:, 0, 0].tolist()) for part in parts)
    assert len(held_out) == 20
    assert not learnt & held_out
    assert learnt | held_out == set(range(240))
    assert sum(number % 2 for number in held_out) == 10
