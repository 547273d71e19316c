"""Batches grow to their full size while images are quick, and stay small while they are slow."""

from collections.abc import Iterator

from digits.find import Special
from digits.pipeline.batches import Batches


def cut(found: Iterator, largest: int, seconds: float, count: int = 8) -> list[int]:
    """Sizes of the first batches, if each image takes so long."""
    batches, sizes = Batches(found, largest), []
    while len(sizes) < count and (batch := batches.next()):
        sizes.append(len(batch))
        batches.took(len(batch), seconds * len(batch))
    return sizes


def names(count: int) -> Iterator[str]:
    return (f"{i}.png" for i in range(count))


def test_quick_images() -> None:
    assert cut(names(1000), 64, 1e-4) == [1, 2, 4, 8, 16, 32, 64, 64]
    assert cut(names(10), 64, 1e-4) == [1, 2, 4, 3]
    assert cut(names(0), 64, 1e-4) == []


def test_slow_images() -> None:
    assert cut(names(1000), 256, 0.03) == [1, 2, 3, 3, 3, 3, 3, 3]
    assert cut(names(4), 256, 5.0) == [1, 1, 1, 1]


def test_a_slow_start_is_forgotten() -> None:
    batches = Batches(names(100), 256)
    batches.took(len(batches.next()), 10.0)
    sizes = []
    for _ in range(5):
        batch = batches.next()
        sizes.append(len(batch))
        batches.took(len(batch), 1e-4)
    assert sizes == [1, 2, 4, 8, 16]


def test_special_files_come_alone_and_in_order() -> None:
    items = ["1", "2", Special("-"), "4", Special("pipe"), Special("pipe"), "7", "8"]
    batches, found = Batches(iter(items), 64), []
    batches.took(64, 1e-3)
    while batch := batches.next():
        found.append(batch)
        for _ in range(7):
            batches.took(64, 1e-3)
    assert [item for batch in found for item in batch] == items
    assert [len(batch) for batch in found if Special in map(type, batch)] == [1, 1, 1]
    assert found[-1] == ["7", "8"]
