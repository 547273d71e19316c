"""Memory for batches on CUDA: page-locked where a driver allows it, and what sizes there are."""

import gc
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from digits.cuda import pinned
from digits.cuda.buckets import buckets_for, next_bucket
from digits.cuda.ends import End, fixed_ends
from digits.cuda.thread import OneThread

LARGE = (128, 28, 28)


class Driver:
    """Pretends to be NVIDIA's."""

    def __init__(self, error: int = 0) -> None:
        self.error = error
        self.locked: dict[int, int] = {}

    def cuMemHostRegister_v2(self, address, size, flags) -> int:  # noqa: N802
        assert flags.value == 0
        if not self.error:
            self.locked[address.value] = size.value
        return self.error

    def cuMemHostUnregister(self, address) -> int:  # noqa: N802
        del self.locked[address.value]
        return 0


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Driver:
    driver = Driver()
    monkeypatch.setattr(pinned.ctypes, "CDLL", lambda _: driver)
    return driver


def test_large_batches_are_page_locked_as_long_as_they_live(driver: Driver) -> None:
    array = pinned.staging(LARGE, np.uint8, pinned=True)
    assert driver.locked == {array.ctypes.data: array.nbytes}
    assert array.ctypes.data % 4096 == 0
    assert not array.any()
    array[:] = 7
    part = array[5:, 0]
    del array
    gc.collect()
    assert len(driver.locked) == 1
    assert (part == 7).all()
    del part
    gc.collect()
    assert driver.locked == {}


def test_small_batches_and_those_of_the_cpu_are_not(driver: Driver) -> None:
    assert pinned.staging((64, 28, 28), np.uint8, pinned=True).shape == (64, 28, 28)
    assert pinned.staging(LARGE, np.float32, pinned=False).dtype == np.float32
    assert driver.locked == {}


def test_memory_serves_unlocked_where_cuda_refuses(driver: Driver) -> None:
    driver.error = 201  # no context
    array = pinned.staging(LARGE, np.float32, pinned=True)
    array[:] = 0.5
    assert array.shape == LARGE
    assert array.sum() == 0.5 * np.prod(LARGE)


def test_memory_serves_unlocked_without_a_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> None:
        raise OSError("libcuda.so.1: cannot open shared object file")

    monkeypatch.setattr(pinned.ctypes, "CDLL", missing)
    assert pinned.staging(LARGE, np.uint8, pinned=True).shape == LARGE


def test_sizes_of_batches() -> None:
    assert buckets_for(250_000) == (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)
    assert buckets_for(553_000_000)[-1] == 256


@pytest.mark.parametrize("count", [1, 2, 3, 7, 9, 100, 255, 256, 257, 1000, 5000, 60_000])
def test_no_more_than_a_third_is_empty_and_few_runs_are_needed(count: int) -> None:
    buckets = buckets_for(250_000)
    left, runs, rows = count, 0, 0
    while left > 0:
        size = next_bucket(left, buckets)
        left, runs, rows = left - size, runs + 1, rows + size
    assert rows <= max(8, count * 4 / 3)
    assert runs <= count / buckets[-1] + len(buckets)


def test_a_hole_in_the_sizes_is_no_matter() -> None:
    assert next_bucket(3, (4, 64)) == 4
    assert next_bucket(10, (16, 64)) == 16
    assert next_bucket(100, (4,)) == 4


def _node(name: str, kind: str, shape: list) -> SimpleNamespace:
    return SimpleNamespace(name=name, type=kind, shape=shape)


def test_ends_whose_memory_can_be_laid_out() -> None:
    nodes = [
        _node("canvas", "tensor(uint8)", ["batch", 28, 28]),
        _node("x", "tensor(float)", ["n"]),
    ]
    ends = fixed_ends(nodes)
    assert ends == {"canvas": End((28, 28), np.dtype("uint8")), "x": End((), np.dtype("float32"))}
    assert ends["canvas"].fits(np.zeros((3, 28, 28), np.uint8))
    assert not ends["canvas"].fits(np.zeros((3, 28), np.uint8))
    assert not ends["canvas"].fits(np.zeros((3, 28, 28), np.int8))
    assert not ends["x"].fits(np.zeros((), np.float32))


@pytest.mark.parametrize(
    "node",
    [
        _node("image", "tensor(uint8)", ["batch", "height", "width", 3]),
        _node("text", "tensor(string)", ["batch"]),
        _node("table", "tensor(float)", [4, 4]),
        _node("number", "tensor(float)", []),
    ],
    ids=["open sizes", "strings", "no batch", "scalar"],
)
def test_ends_whose_memory_can_not(node: SimpleNamespace) -> None:
    assert fixed_ends([node]) is None


def test_one_thread_makes_all_calls_and_tells_their_errors() -> None:
    thread = OneThread("test")
    assert thread.call(threading.current_thread) is threading.current_thread()
    with pytest.raises(ZeroDivisionError):
        thread.call(lambda: 1 / 0)
    done = threading.Event()
    thread.call_later(lambda: 1 / 0)
    thread.call_later(done.set)
    assert done.wait(10)
    assert thread.call(lambda: threading.current_thread().name) == "test"
    with pytest.raises(ZeroDivisionError):
        thread.call(lambda: 1 / 0)


def test_home_is_the_thread_itself_and_not_its_number() -> None:
    thread = OneThread("test")
    names = []

    def call() -> None:
        names.append(thread.call(lambda: threading.current_thread().name))

    for _ in range(3):  # which may all get the same number, one after the other
        caller = threading.Thread(target=call, name="caller")
        caller.start()
        caller.join()
    assert names == ["caller", "test", "test"]


def test_calls_of_two_threads_never_overlap() -> None:
    thread, inside, most = OneThread("test"), [], []

    def work() -> None:
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.001)
        inside.pop()

    def call() -> None:
        for _ in range(20):
            thread.call(work)

    callers = [threading.Thread(target=call) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert most == [1] * 80


def test_one_thread_that_ends_within_its_own_call() -> None:
    holder = [OneThread("test")]
    name, ended = [], threading.Event()

    def drop() -> None:
        thread = holder.pop()
        name.append(threading.current_thread())
        del thread
        ended.set()

    thread = holder[0]
    thread.call_later(drop)
    del thread
    assert ended.wait(10)
    name[0].join(10)
    assert not name[0].is_alive()
