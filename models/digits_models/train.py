"""The training loop: steps, evaluations, checkpoints, and the record at the end."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Generator, Tensor

from digits.errors import ModelError, ProviderError
from digits_models import history, lessons, measure, records, registry, session, splits, weights
from digits_models.doubt import doubt
from digits_models.interruption import first_interrupt
from digits_models.lessons import Lesson, Lessons
from digits_models.measure import Score
from digits_models.progress import Progress
from digits_models.recipe import Recipe
from digits_models.schedule import SCHEDULES
from digits_models.session import Row, Session
from digits_models.splits import Part

CHECKPOINT = "checkpoint.safetensors"


class DivergedError(ModelError):
    """The loss is no number any more: going on is of no use."""


@dataclass(frozen=True)
class Result:
    """What a training gave.

    Attributes:
        weights: The file of the best weights.
        record: What was written beside them.
        test: The score on the test set.
        images: How many test images it was measured on.
    """

    weights: Path
    record: dict[str, object]
    test: Score
    images: int


def choose_device(name: str) -> torch.device:
    """Return the device for `auto`, `cpu` or `cuda`; ProviderError if torch finds no CUDA."""
    if name == "cuda" and not torch.cuda.is_available():
        raise ProviderError(
            "torch finds no CUDA device here (nvidia-smi says whether the driver works); "
            "use --device cpu"
        )
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def train(
    recipe: Recipe,
    out: Path,
    *,
    data_dir: Path | None = None,
    device: torch.device | None = None,
    fresh: bool = False,
) -> Result:
    """Train a network, or go on where an interrupted training in `out` stopped.

    Where `out` holds the finished weights of the same recipe, say so and return them.

    Writes `<arch>.safetensors` with the best weights so far, its record `<arch>.json`,
    `history.csv`, `curves.png`, and while it is not done a checkpoint.

    Args:
        recipe: What to train, and how.
        out: The folder to write to.
        data_dir: Where the data sets are, see `data.load`.
        device: None is the CPU.
        fresh: Start over although there is a checkpoint, or although all is done.

    Raises:
        KeyboardInterrupt: After Ctrl-C, once the checkpoint is written.
        DigitsError: Data, output folder or options can't be used.
    """
    device = device or torch.device("cpu")
    if not fresh and (done := _done(recipe, device, out)):
        history.say(
            f"{out} is done already: these weights are of the same options; --fresh trains again"
        )
        return done
    training, validation = splits.training_and_validation(
        recipe.dataset, data_dir, recipe.limit, device
    )
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        run = _open(recipe, device, out / CHECKPOINT, fresh=fresh)
        shown = lessons.prepare(recipe, training, run.generator)
        try:
            _learn(run, shown, validation, out)
        except DivergedError:
            # It would diverge again, and only be in the way of other options.
            (out / CHECKPOINT).unlink(missing_ok=True)
            raise
    return _finish(run, validation, data_dir, out)


def _done(recipe: Recipe, device: torch.device, out: Path) -> Result | None:
    """What a finished training of this recipe left in the folder, if there is one."""
    file = _weights_file(recipe, out)
    if (out / CHECKPOINT).exists() or not file.exists():
        return None
    try:
        record = dict(weights.load(recipe.arch, file).record)
    except ModelError:
        return None
    score = records.score_if_done(record, recipe, device.type)
    return Result(file, record, *score) if score else None


def _open(recipe: Recipe, device: torch.device, file: Path, *, fresh: bool) -> Session:
    if file.exists() and not fresh:
        run = session.restore(recipe, device, file)
        history.say(f"going on at step {run.step} of the interrupted training in {file.parent}")
        return run
    run = session.start(recipe, device)
    # Before the first step: a folder that can't be written to must not cost a training.
    session.save(run, file)
    return run


def _learn(run: Session, shown: Lessons, validation: Part, out: Path) -> None:
    per_epoch = -(-len(shown) // run.recipe.preset.batch_size)
    total = per_epoch * run.recipe.preset.epochs
    every = run.recipe.eval_every or per_epoch
    with first_interrupt() as interrupted, Progress(total, run) as progress:
        for batch in _batches(run, len(shown), per_epoch, total):
            rate = _rate(run, total)
            _step(run, shown.lesson(batch, run.step // per_epoch), rate)
            progress.advance(len(batch))
            if run.step % every == 0 or run.step == total:
                _evaluate(run, validation, rate, per_epoch)
                progress.evaluated(run.rows[-1])
                _keep(run, out)
            if interrupted.is_set():
                _keep(run, out)
                history.say(_goodbye(run, total, out))
                raise KeyboardInterrupt


def _batches(run: Session, count: int, per_epoch: int, total: int) -> Iterator[Tensor]:
    """Yield the indices of each batch; the order of an epoch depends on the seed and its number."""
    while run.step < total:
        epoch, done = divmod(run.step, per_epoch)
        order = torch.randperm(
            count, generator=Generator().manual_seed(run.recipe.seed * 1_000_003 + epoch)
        )
        for batch in torch.split(order, run.recipe.preset.batch_size)[done:]:
            yield batch.to(run.device)


def _rate(run: Session, total: int) -> float:
    preset = run.recipe.preset
    return preset.lr * SCHEDULES[preset.schedule]((run.step + 0.5) / total)


def _step(run: Session, lesson: Lesson, rate: float) -> None:
    preset = run.recipe.preset
    for group in run.optimizer.param_groups:
        group["lr"] = rate
    run.network.train()
    fast = preset.precision == "bfloat16"
    with torch.autocast(run.device.type, torch.bfloat16, enabled=fast):
        logits = run.network(run.prepare(lesson.images))
    logits = logits.float()
    loss = lesson.loss(logits, preset.own)
    run.optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    run.optimizer.step()
    run.step += 1
    # A young average must follow fast, or it would keep the random weights of the start.
    session.blend(run.average, run.network, min(preset.ema, run.step / (run.step + 10)))
    seen = lesson.digits()
    right = lesson.right(logits)
    run.sums += torch.stack([loss.detach() * seen, right, seen]).double()


def _evaluate(run: Session, validation: Part, rate: float, per_epoch: int) -> None:
    score = measure.score(measure.logits(run.prepare, run.average, validation), validation.labels)
    loss, right, seen = run.sums.tolist()
    if not math.isfinite(loss + score.loss):
        raise DivergedError(
            f"the training diverged before step {run.step} (the loss is no number any more): "
            f"start over with an --lr below {run.recipe.preset.lr}"
        )
    run.sums.zero_()
    epoch = round(run.step / per_epoch, 4)
    row = Row(run.step, epoch, rate, loss / seen, right / seen, score.loss, score.accuracy)
    run.note(row)


def _keep(run: Session, out: Path) -> None:
    """Write weights, history and checkpoint, so that a kill at any moment costs little."""
    network = registry.get(run.recipe.arch).build()
    network.load_state_dict(run.kept())
    weights.save(_weights_file(run.recipe, out), network, records.unfinished(run))
    history.write(out / "history.csv", run.rows)
    session.save(run, out / CHECKPOINT)


def _finish(run: Session, validation: Part, data_dir: Path | None, out: Path) -> Result:
    """Calibrate, look at the test set for the first and only time, and write all results."""
    run.average.load_state_dict(run.kept())
    answers = measure.logits(run.prepare, run.average, validation)
    temperature = measure.temperature(answers, validation.labels)
    part = splits.test(run.recipe.dataset, data_dir, run.recipe.limit, run.device)
    test = measure.score(measure.logits(run.prepare, run.average, part), part.labels)
    threshold = doubt(run.prepare, run.average, temperature, validation, run.recipe.dataset)
    record = records.finished(run, temperature, threshold, test, len(part))
    weights.save(_weights_file(run.recipe, out), run.average, record)
    history.write(out / "history.csv", run.rows)
    history.draw(out / "curves.png", run.rows, run.recipe)
    (out / CHECKPOINT).unlink(missing_ok=True)
    return Result(_weights_file(run.recipe, out), record, test, len(part))


def _weights_file(recipe: Recipe, out: Path) -> Path:
    return out / f"{recipe.arch}.safetensors"


def _goodbye(run: Session, total: int, out: Path) -> str:
    file = _weights_file(run.recipe, out)
    return (
        f"interrupted at step {run.step} of {total}: {file} holds the best weights so far; "
        f"run the same command to go on"
    )
