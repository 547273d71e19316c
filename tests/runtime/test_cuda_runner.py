"""The runner for CUDA with ONNX Runtime's CPU provider in its place: the same binding, no graphs.

What needs a GPU (that a graph is recorded and replayed, that pages are locked) is shown by
`make gpu`; here a pretended session refuses, forgets and runs out of memory on request.
"""

import gc
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import onnxruntime
import pytest

from digits import Classifier
from digits.bundle import open_bundle, shipped
from digits.cuda.runner import Runner, Way
from digits.providers import Provider
from digits.sessions import open_session

BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
SIZES = (0, 1, 2, 3, 5, 63, 64, 65, 256, 300, 1000)

Opens = Callable[[], Any]


def opens(name: str) -> Opens:
    bundle = open_bundle(name)
    return lambda: open_session(bundle, "model.onnx", Provider.CPU, 1, strict=True)


def runner(open_: Opens, *, graphs: bool = False, buckets: tuple[int, ...] = BUCKETS) -> Runner:
    return Runner([Way("CUDA", open_, graphs)], buckets, device="cpu")


def canvases(count: int) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 256, (count, 28, 28), np.uint8)


class Session:
    """A real session that counts its runs, and can be told to misbehave."""

    def __init__(self, session: Any, **faults: Any) -> None:
        self._session, self._faults = session, faults
        self.batches: list[int] = []
        self.threads: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def io_binding(self) -> Any:
        return Binding(self._session.io_binding())

    def run_with_iobinding(self, binding: "Binding", options: Any) -> None:
        self.threads.append(threading.get_ident())
        recorded = options.get_run_config_entry("gpu_graph_id") != "-1"
        self.batches.append(binding.rows)
        if binding.rows >= self._faults.get("too_large", 1 << 30):
            raise RuntimeError("Failed to allocate\nmemory")
        if recorded and self._faults.get("refuses"):
            raise RuntimeError("CUDA failure 900: operation not permitted when stream is capturing")
        if recorded and self._faults.get("forgets") and binding.rows in self.batches[:-1]:
            return  # a replay that writes elsewhere
        time.sleep(self._faults.get("slow", 0))
        self._session.run_with_iobinding(binding.real, options)


class Binding:
    """An IOBinding that knows its batch size."""

    def __init__(self, real: Any) -> None:
        self.real, self.rows = real, 0

    def bind_ortvalue_input(self, name: str, value: Any) -> None:
        self.rows = value.shape()[0]
        self.real.bind_ortvalue_input(name, value)

    def bind_ortvalue_output(self, name: str, value: Any) -> None:
        self.real.bind_ortvalue_output(name, value)


@pytest.fixture(scope="module")
def plain() -> Any:
    return opens("lenet")()


@pytest.mark.parametrize("name", shipped())
def test_answers_are_the_sessions_own(name: str) -> None:
    session, fast = opens(name)(), runner(opens(name))
    names = [node.name for node in session.get_outputs()]
    for count in (1, 3, 64, 100):
        batch = canvases(count)
        expected = session.run(None, {"canvas": batch})
        for outputs in (None, names, names[::-1]):
            found = fast.run(outputs, {"canvas": batch})
            wanted = expected if outputs != names[::-1] else expected[::-1]
            for one, other in zip(found, wanted, strict=True):
                assert one.dtype == other.dtype
                np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("count", SIZES)
def test_answers_are_the_same_bits_as_runs_of_the_same_batches(plain: Any, count: int) -> None:
    batch = canvases(count)
    (found,) = runner(opens("lenet")).run(["logits"], {"canvas": batch})
    assert found.shape == (count, 10)
    # What a chunk is filled up with mustn't change its answers.
    for start in range(0, count, 50):
        (again,) = plain.run(["logits"], {"canvas": batch[start : start + 50]})
        np.testing.assert_allclose(found[start : start + 50], again, rtol=1e-5, atol=1e-5)
    if count in BUCKETS:
        (exact,) = plain.run(["logits"], {"canvas": batch})
        assert (found == exact).all()


def test_answers_do_not_change_when_the_next_batch_runs() -> None:
    fast = runner(opens("lenet"))
    (first,) = fast.run(["logits"], {"canvas": canvases(4)})
    kept = first.copy()
    fast.run(["logits"], {"canvas": 255 - canvases(4)})
    assert (first == kept).all()


@pytest.mark.parametrize(
    ("count", "batches"),
    [
        (1, [1]),
        (3, [4]),
        (5, [8]),
        (48, [64]),
        (47, [32, 16]),
        (129, [128, 1]),
        (200, [256]),
        (1000, [256, 256, 256, 256]),
    ],
)
def test_batches_that_are_run(count: int, batches: list[int]) -> None:
    session = Session(opens("lenet")())
    runner(lambda: session).run(None, {"canvas": canvases(count)})
    assert session.batches == batches


def test_threads_get_their_own_answers_from_one_thread(plain: Any) -> None:
    session = Session(opens("lenet")())
    fast = runner(lambda: session)
    batches = [canvases(1 + index % 9) + index for index in range(200)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda batch: fast.run(["logits"], {"canvas": batch})[0], batches))
    for batch, logits in zip(batches, found, strict=True):
        expected = plain.run(["logits"], {"canvas": batch})[0]
        np.testing.assert_allclose(logits, expected, rtol=1e-5, atol=1e-5)
    # The first caller's own, until a second came; then one for all.
    assert session.threads[-1] != threading.get_ident()
    assert len(set(session.threads)) <= 2
    assert len(set(session.threads[10:])) == 1


def test_one_caller_is_not_kept_waiting_for_another_thread() -> None:
    session = Session(opens("lenet")())
    fast = runner(lambda: session)
    for count in (1, 7, 1):
        fast.run(None, {"canvas": canvases(count)})
    assert set(session.threads) == {threading.get_ident()}
    with ThreadPoolExecutor(1) as pool:
        pool.submit(fast.run, None, {"canvas": canvases(1)}).result()
    fast.run(None, {"canvas": canvases(1)})
    own = set(session.threads) - {threading.get_ident()}
    assert len(own) == 1
    assert session.threads[-1] in own


def test_graphs_are_recorded_on_the_thread_that_replays_them() -> None:
    session = Session(opens("lenet")())
    fast = runner(lambda: session, graphs=True)
    fast.run(None, {"canvas": canvases(1)})
    before = len(session.threads)
    fast.warm_up([1], wait=False)
    fast.run(None, {"canvas": canvases(1)})
    assert session.batches[before:] == [1, 1, 1, 1]
    assert threading.get_ident() not in session.threads[before:]


def test_refused_graphs_are_run_without(plain: Any) -> None:
    refusing, other = Session(opens("lenet")(), refuses=True), Session(opens("lenet")())
    ways = [Way("CUDA graphs", lambda: refusing, True), Way("CUDA", lambda: other, False)]
    fast = Runner(ways, BUCKETS, device="cpu")
    assert fast.graphs
    batch = canvases(64)
    (found,) = fast.run(["logits"], {"canvas": batch})
    assert (found == plain.run(["logits"], {"canvas": batch})[0]).all()
    assert not fast.graphs
    (note,) = fast.notes
    assert note == (
        "without CUDA graphs: CUDA failure 900: operation not permitted when stream is capturing"
    )


def test_replay_that_gives_nothing_is_found_out(plain: Any) -> None:
    forgetful = Session(opens("lenet")(), forgets=True)
    ways = [Way("CUDA graphs", lambda: forgetful, True), Way("CUDA", opens("lenet"), False)]
    fast = Runner(ways, BUCKETS, device="cpu")
    batch = canvases(2)
    (found,) = fast.run(["logits"], {"canvas": batch})
    assert (found == plain.run(["logits"], {"canvas": batch})[0]).all()
    assert fast.notes == ["without CUDA graphs: the recorded graph of batch 2 gives another logits"]


def test_way_that_does_not_open() -> None:
    def refuse() -> Any:
        raise RuntimeError("no\nway")

    fast = Runner(
        [Way("channels last", refuse, True), Way("CUDA", opens("lenet"), False)], (1,), "cpu"
    )
    assert fast.notes == ["without channels last: no way"]
    with pytest.raises(RuntimeError, match="way"):
        Runner([Way("CUDA", refuse, False)], (1,), "cpu")


def test_batches_that_memory_does_not_hold_are_split(plain: Any) -> None:
    session = Session(opens("lenet")(), too_large=32)
    fast = runner(lambda: session)
    batch = canvases(100)
    (found,) = fast.run(["logits"], {"canvas": batch})
    expected = plain.run(["logits"], {"canvas": batch})[0]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    assert fast.largest_batch == 16
    assert session.batches == [128, 64, 32, *[16] * 6, 4]
    assert fast.notes[-1] == "without batches of 32 and more: Failed to allocate memory"
    nothing = runner(lambda: Session(opens("lenet")(), too_large=1))
    with pytest.raises(RuntimeError, match="allocate"):
        nothing.run(None, {"canvas": batch})


def test_graphs_are_kept_where_only_memory_is_short() -> None:
    small, never = Session(opens("lenet")(), too_large=8), opens("mlp")
    ways = [Way("CUDA graphs", lambda: small, True), Way("CUDA", never, False)]
    fast = Runner(ways, BUCKETS, device="cpu")
    fast.run(None, {"canvas": canvases(9)})
    assert fast.graphs
    assert fast.largest_batch == 4
    assert [note.partition(":")[0] for note in fast.notes] == ["without batches of 8 and more"]


@pytest.mark.parametrize(
    "inputs",
    [
        {"canvas": canvases(2).astype(np.float32)},
        {"canvas": np.zeros((2, 28, 27), np.uint8)},
        {"picture": canvases(2)},
        {},
    ],
    ids=["dtype", "shape", "name", "none"],
)
def test_wrong_inputs_get_the_engines_own_words(plain: Any, inputs: dict) -> None:
    with pytest.raises(Exception, match=r"\w+") as expected:
        plain.run(None, inputs)
    fast = runner(opens("lenet"))
    with pytest.raises(type(expected.value)) as found:
        fast.run(None, inputs)
    assert str(found.value) == str(expected.value)
    assert fast.notes == []


def test_sizes_that_are_not_fixed_run_plainly() -> None:
    bundle = open_bundle("lenet")
    fast = runner(lambda: open_session(bundle, "front.onnx", Provider.CPU, 1, strict=False))
    image = np.full((2, 40, 30, 3), 255, np.uint8)
    plain = Classifier.load("lenet", "cpu")._front.run(None, {"image": image})
    for found, expected in zip(fast.run(None, {"image": image}), plain, strict=True):
        assert (found == expected).all()
    fast.warm_up()


def test_warming_up_makes_the_batches_that_are_asked_for() -> None:
    session = Session(opens("lenet")())
    fast = runner(lambda: session, graphs=True)
    fast.warm_up([1, 100])
    # Each is recorded, run without, and replayed.
    assert session.batches == [1, 1, 1, 128, 128, 128]
    fast.warm_up([1, 100])
    fast.run(None, {"canvas": canvases(100)})
    assert session.batches == [1, 1, 1, 128, 128, 128, 128]


def test_calls_come_between_warming_up_in_the_background() -> None:
    session = Session(opens("lenet")(), slow=0.005)
    fast = runner(lambda: session)
    fast.warm_up(wait=False)
    (found,) = fast.run(["logits"], {"canvas": canvases(3)})
    assert found.shape == (3, 10)
    broken = runner(lambda: Session(opens("lenet")(), too_large=1), graphs=True)
    broken.warm_up(wait=False)  # nobody hears of it, until someone asks
    with pytest.raises(RuntimeError, match="allocate"):
        broken.run(None, {"canvas": canvases(1)})


def test_thread_and_session_end_with_the_runner() -> None:
    before = set(threading.enumerate())
    fast = runner(opens("lenet"))
    fast.warm_up([1], wait=False)
    fast.run(None, {"canvas": canvases(1)})
    (thread,) = set(threading.enumerate()) - before
    assert thread.daemon
    gone = weakref.ref(fast)
    del fast
    gc.collect()
    assert gone() is None
    assert not thread.is_alive()


def test_classifier_on_a_pretended_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = Classifier.load("lenet", "cpu")
    batch = canvases(300)
    expected = classifier.predict_canvases(batch)
    classifier.warm_up()  # nothing to do on the CPU
    session = Session(classifier._model)
    monkeypatch.setattr(classifier, "_model", runner(lambda: session))
    monkeypatch.setattr(classifier, "provider", "cuda")
    np.testing.assert_allclose(classifier.predict_canvases(batch), expected, atol=1e-5)
    assert session.batches == [256, 32, 16]
    classifier.warm_up([2])
    receipt = classifier.assignments()["model.onnx"]
    assert receipt.graphs is False
    assert receipt.providers == ("CPUExecutionProvider",)


def test_onnxruntime_has_what_the_runner_needs() -> None:
    options = onnxruntime.RunOptions()
    options.add_run_config_entry("gpu_graph_id", "7")
    assert options.get_run_config_entry("gpu_graph_id") == "7"


def test_process_ends_at_once_while_it_warms_up_in_the_background() -> None:
    script = """
import sys, time
from digits.bundle import open_bundle
from digits.cuda.runner import Runner, Way
from digits.providers import Provider
from digits.sessions import open_session
open_ = lambda: open_session(open_bundle("lenet"), "model.onnx", Provider.CPU, 1, strict=True)
made = []
class Slow(Runner):
    def _prepare(self, count):
        made.append(count)
        time.sleep(0.2)
runner = Slow([Way("CUDA", open_, False)], tuple(range(1, 1000)), device="cpu")
runner.warm_up(wait=False)
time.sleep(0.1)
sys.exit(len(made))
"""
    command = [sys.executable, "-c", script]
    # Were it waited for, this would take minutes.
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
