from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digits.errors import OutputError, UsageError
from digits_models.trials.made import Made, picture, write


def images() -> Iterator[Made]:
    yield Made(picture(np.full((5, 4), 99.6)), "3", "paper")
    yield Made(picture(np.full((5, 4, 3), 300.0)), "", "blank", quality=20)
    yield Made(picture(np.zeros((5, 4, 4))), "4", "paper")


def test_a_folder_has_images_by_kind_and_their_labels(tmp_path: Path):
    counts = write(images(), tmp_path / "new" / "set")
    assert counts == {"paper": 2, "blank": 1}
    assert (tmp_path / "new" / "set" / "labels.csv").read_text() == (
        "file,label,kind\n"
        "paper/00000.png,3,paper\nblank/00000.jpg,,blank\npaper/00001.png,4,paper\n"
    )
    with Image.open(tmp_path / "new" / "set" / "paper" / "00000.png") as first:
        assert (first.size, first.mode, first.getpixel((0, 0))) == ((4, 5), "L", 100)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["set"]


def test_nothing_is_overwritten(tmp_path: Path):
    with pytest.raises(UsageError, match="exists already"):
        write(images(), tmp_path)


def test_nothing_is_left_of_a_set_that_failed(tmp_path: Path):
    def broken() -> Iterator[Made]:
        yield from images()
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left"):
        write(broken(), tmp_path / "set")
    assert list(tmp_path.iterdir()) == []


def test_another_folder_in_the_making_is_left_alone(tmp_path: Path):
    (tmp_path / "set.partial").mkdir()
    with pytest.raises(OutputError, match=r"set.partial: can't be made: File exists"):
        write(images(), tmp_path / "set")
    assert (tmp_path / "set.partial").is_dir()
