"""Counters that processes share."""

import os

import pytest

from digits.serve.board import CELLS, CODES, ROUTES, Board, open_memory
from digits.serve.metrics import exposition


@pytest.fixture
def memory() -> int:
    descriptor = open_memory(2)
    yield descriptor
    os.close(descriptor)


def test_rows_are_summed(memory: int) -> None:
    first, second = Board(memory, 0, 2), Board(memory, 1, 2)
    for board, seconds in ((first, 0.002), (second, 0.2), (second, 99.0)):
        board.request("predict", 200, seconds)
    first.batch(3)
    second.batch(1000)
    second.waits(5)
    first.connections(7)
    for board in (first, second):
        assert list(board.requests()) == [("predict", 200, 3)]
        counts, total = board.latency("predict")
        assert (counts[1], counts[7], counts[-1], sum(counts)) == (1, 1, 1, 3)
        assert total == pytest.approx(99.202)
        sizes, images = board.batches()
        assert (sizes[2], sizes[-1], images) == (1, 1, 1003)
        assert (board.images, board.waiting, board.open_connections) == (1003, 5, 7)
        assert board.restarts == 0


def test_a_successor_goes_on_counting(memory: int) -> None:
    first = Board(memory, 0, 2)
    first.request("v2", 404, 0.1)
    first.waits(3)
    successor = Board(memory, 0, 2)
    assert list(successor.requests()) == [("v2", 404, 1)]
    assert (successor.waiting, successor.restarts) == (0, 1)


def test_every_route_and_code_has_its_cell() -> None:
    board = Board()
    for route in ROUTES:
        for code in CODES:
            board.request(route, code, 0.0)
    board.request("other", 299, 0.0)
    found = {(route, code): count for route, code, count in board.requests()}
    assert len(found) == len(ROUTES) * len(CODES)
    assert found.pop(("other", 500)) == 2
    assert set(found.values()) == {1}
    assert board.batches() == ([0.0] * 9, 0.0)
    assert CELLS < 4096 / 8


def test_histograms_add_up_in_the_text() -> None:
    board = Board()
    for size in (1, 1, 2, 40, 500):
        board.batch(size)
    lines = exposition(board, []).decode().splitlines()
    assert 'digits_batch_size_bucket{le="1"} 2' in lines
    assert 'digits_batch_size_bucket{le="32"} 3' in lines
    assert 'digits_batch_size_bucket{le="64"} 4' in lines
    assert 'digits_batch_size_bucket{le="+Inf"} 5' in lines
    assert "digits_batch_size_sum 544.000000" in lines
    assert "digits_batch_size_count 5" in lines
