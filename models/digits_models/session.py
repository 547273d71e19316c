"""A training in progress: everything that changes from step to step, and how it is kept."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor, nn, optim

from digits.errors import UsageError
from digits_models import checkpoint, registry
from digits_models.initial import initialise
from digits_models.network import DigitNetwork
from digits_models.optimizers import OPTIMIZERS
from digits_models.recipe import Recipe


@dataclass(frozen=True)
class Row:
    """One evaluation; a line of `history.csv`. The training values are means since the last one."""

    step: int
    epoch: float
    lr: float
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float


@dataclass
class Session:
    """The networks, the optimizer, the randomness and the progress of a training.

    Attributes:
        recipe: What is being trained, and how.
        device: Where.
        prepare: Makes its input from canvases.
        network: The network that learns.
        average: The moving average of its weights, which is evaluated and kept.
        optimizer: With its moments.
        generator: The randomness of the augmentation.
        step: Steps done.
        sums: Loss, right answers and images since the last evaluation, float64 [3].
        rows: The evaluations so far.
        best: The weights of the best evaluation so far; empty before the first.
        best_row: That evaluation.
    """

    recipe: Recipe
    device: torch.device
    prepare: nn.Module
    network: DigitNetwork
    average: DigitNetwork
    optimizer: optim.Optimizer
    generator: Generator
    step: int
    sums: Tensor
    rows: list[Row] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)
    best_row: Row | None = None

    def kept(self) -> dict[str, Tensor]:
        """Return the best weights so far, or the average before the first evaluation."""
        return self.best or self.average.state_dict()

    def note(self, row: Row) -> None:
        """Add an evaluation; keep the weights if no earlier one was as good."""
        self.rows.append(row)
        if self.best_row is None or _rank(row) > _rank(self.best_row):
            self.best_row = row
            state = self.average.state_dict()
            self.best = {name: tensor.clone() for name, tensor in state.items()}


def start(recipe: Recipe, device: torch.device) -> Session:
    """Return a session before its first step; the seed alone decides about its randomness."""
    torch.manual_seed(recipe.seed)
    architecture = registry.get(recipe.arch)
    network = architecture.build()
    initialise(network, recipe.preset.init)
    # With the channels last, pooling on a CPU is several times faster.
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = architecture.build().eval()
    average.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    average.load_state_dict(network.state_dict())
    preset = recipe.preset
    optimizer = OPTIMIZERS[preset.optimizer](network.parameters(), preset.lr, preset.weight_decay)
    generator = Generator(device).manual_seed(recipe.seed + 1)
    sums = torch.zeros(3, dtype=torch.float64, device=device)
    prepare = architecture.prepare().to(device)
    return Session(recipe, device, prepare, network, average, optimizer, generator, 0, sums)


def save(session: Session, file: Path) -> None:
    """Write all of a session, so that `restore` goes on to the same weights, bit for bit."""
    tensors = {
        **checkpoint.prefixed("network", session.network.state_dict()),
        **checkpoint.prefixed("average", session.average.state_dict()),
        **checkpoint.prefixed("best", session.best),
        **checkpoint.prefixed("optimizer", _moments(session.optimizer)),
        **checkpoint.prefixed("random", _randomness(session)),
        "sums": session.sums,
    }
    state = {
        "recipe": asdict(session.recipe),
        "device": session.device.type,
        "step": session.step,
        "rows": [asdict(row) for row in session.rows],
        "best_row": asdict(session.best_row) if session.best_row else None,
    }
    checkpoint.save(file, tensors, state)


def restore(recipe: Recipe, device: torch.device, file: Path) -> Session:
    """Return the session that was saved.

    Raises:
        InputError: The checkpoint is damaged.
        UsageError: It belongs to a training with other options.
    """
    tensors, state = checkpoint.load(file)
    _check_same(asdict(recipe) | {"device": device.type}, state, file)
    session = start(recipe, device)
    session.network.load_state_dict(checkpoint.part(tensors, "network"))
    session.average.load_state_dict(checkpoint.part(tensors, "average"))
    best = checkpoint.part(tensors, "best")
    session.best = {name: tensor.to(device) for name, tensor in best.items()}
    _load_moments(session.optimizer, checkpoint.part(tensors, "optimizer"))
    _load_randomness(session, checkpoint.part(tensors, "random"))
    session.sums = tensors["sums"].to(device)
    session.step = state["step"]
    session.rows = [Row(**row) for row in state["rows"]]
    session.best_row = Row(**state["best_row"]) if state["best_row"] else None
    return session


def _rank(row: Row) -> tuple[float, float]:
    return row.validation_accuracy, -row.validation_loss


def _moments(optimizer: optim.Optimizer) -> dict[str, Tensor]:
    return {
        f"{index}.{name}": value
        for index, moments in optimizer.state_dict()["state"].items()
        for name, value in moments.items()
        if isinstance(value, Tensor)
    }


def _load_moments(optimizer: optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    moments: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        index, name = key.split(".", 1)
        moments.setdefault(int(index), {})[name] = value
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": moments, "param_groups": groups})


def _randomness(session: Session) -> dict[str, Tensor]:
    """The states of the augmentation's generator and of torch's own, which dropout draws from."""
    states = {"augment": session.generator.get_state(), "cpu": torch.get_rng_state()}
    if session.device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(session.device)
    return states


def _load_randomness(session: Session, states: dict[str, Tensor]) -> None:
    session.generator.set_state(states["augment"])
    torch.set_rng_state(states["cpu"])
    if "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], session.device)


def _check_same(wanted: dict[str, Any], state: dict[str, Any], file: Path) -> None:
    found = _flat(state["recipe"] | {"device": state["device"]})
    for name, value in _flat(wanted).items():
        if found.get(name) != value:
            raise UsageError(
                f"{file} belongs to an unfinished training with {name} {found.get(name)}, not "
                f"{value}; repeat its options, choose another --out, or start over with --fresh"
            )


def _flat(recipe: dict[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in recipe.items() if name != "preset"}
    return {**rest, **recipe["preset"]}


def blend(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Move an average of weights towards a network's, in place; its buffers become the same."""
    with torch.no_grad():
        for mean, weight in zip(average.parameters(), network.parameters(), strict=True):
            mean.lerp_(weight, 1 - decay)
        # Those of batch normalisation are averages already.
        for kept, value in zip(average.buffers(), network.buffers(), strict=True):
            kept.copy_(value)
