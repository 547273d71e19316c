"""Many files: which are found, in which order, and that a bad one costs only itself."""

import os
import threading
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from digits import Classifier, Failure, Prediction, UsageError, folder
from digits.find import find

Photo = Callable[..., Path]


@pytest.fixture(scope="module")
def classifier(tiny: Path) -> Classifier:
    return Classifier.load(tiny, provider="cpu")


@pytest.fixture
def tree(tmp_path: Path, photo: Photo) -> Path:
    for name in ("10.png", "2.PNG", "1.jpg", "sub/3.png", "sub/deep/4.webp", ".hidden.png"):
        photo(f"tree/{name}", level=20)
    (tmp_path / "tree/notes.txt").write_text("no image")
    (tmp_path / "tree/.git").mkdir()
    photo("tree/.git/5.png")
    return tmp_path / "tree"


def test_folders_in_natural_order(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree.parent)
    assert list(find(["tree"])) == ["tree/1.jpg", "tree/2.PNG", "tree/10.png"]
    every = ["tree/1.jpg", "tree/2.PNG", "tree/10.png", "tree/sub/3.png", "tree/sub/deep/4.webp"]
    assert list(find([Path("tree")], recursive=True)) == every
    assert list(find(["./tree/"])) == ["./tree/1.jpg", "./tree/2.PNG", "./tree/10.png"]


def test_patterns(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    assert list(find(["*.png"])) == ["10.png"]
    assert list(find(["*.txt", "2.*"])) == ["notes.txt", "2.PNG"]
    assert list(find(["**/*.png"])) == ["10.png", "sub/3.png"]
    assert list(find(["s*"])) == ["sub/3.png"]
    assert list(find(["*.bmp"])) == [Failure("*.bmp", "no file matches this pattern")]


def test_a_file_whose_name_looks_like_a_pattern(photo: Photo) -> None:
    file = photo("[1].png")
    assert list(find([file])) == [str(file)]


def test_what_leads_nowhere(tmp_path: Path) -> None:
    (empty := tmp_path / "empty").mkdir()
    hint = "no images in this folder (--recursive looks into its subfolders)"
    assert list(find([empty])) == [Failure(str(empty), hint)]
    assert list(find([empty], recursive=True)) == [Failure(str(empty), "no images in this folder")]
    assert list(find(["gone.png"])) == [Failure("gone.png", "no such file or folder")]
    assert list(find(["a\0b"])) == [Failure("a\0b", "no such file or folder")]


def test_folder_that_may_not_be_read(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)  # root may read anything, so pretend
    message = "the folder can't be read: Permission denied"
    assert list(find([tree])) == [Failure(str(tree), message)]


def test_links_that_run_in_circles(tree: Path) -> None:
    (tree / "sub/loop").symlink_to(tree)
    (tree / "link.png").symlink_to(tree / "10.png")
    found = list(find([tree], recursive=True))
    assert len(found) == 6
    assert str(tree / "link.png") in found


@pytest.mark.parametrize("batch_size", [1, 5, 64])
@pytest.mark.parametrize("workers", [1, 4, None])
def test_answers_come_in_order(
    classifier: Classifier, photo: Photo, tmp_path: Path, batch_size: int, workers: int | None
) -> None:
    levels = np.random.default_rng(1).integers(0, 256, 60)
    for i, level in enumerate(levels):
        photo(f"many/{i}.png", int(level), (20 + i % 3, 10))
    results = list(classifier.stream([tmp_path / "many"], batch_size=batch_size, workers=workers))
    assert [Path(r.path).name for r in results] == [f"{i}.png" for i in range(60)]
    assert [int(r.canvas[0, 0]) for r in results] == levels.tolist()


def test_bad_files_cost_only_themselves(
    classifier: Classifier, photo: Photo, tmp_path: Path
) -> None:
    for i in range(20):
        photo(f"mixed/{i}.png", 5 * i)
    (tmp_path / "mixed/3.png").write_bytes(b"")
    (tmp_path / "mixed/11.png").write_bytes(b"text")
    (tmp_path / "mixed/12.png").write_bytes((tmp_path / "mixed/13.png").read_bytes()[:50])
    results = list(classifier.stream([tmp_path / "mixed", "gone.png"]))
    assert len(results) == 21
    failures = {Path(r.path).name: r.error for r in results if isinstance(r, Failure)}
    assert failures["3.png"] == "the file is empty"
    assert failures["11.png"] == "not an image: none of the known formats"
    assert failures["12.png"].startswith("a damaged image: ")
    assert failures["gone.png"] == "no such file or folder"
    assert len(failures) == 4


def test_large_images_are_not_held_together(
    classifier: Classifier, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []
    answers = Classifier.answers

    def watch(self: Classifier, images: list, names: list) -> list:
        held.append(len(images))
        return answers(self, images, names)

    monkeypatch.setattr(Classifier, "answers", watch)
    files = [photo(f"{i}.png", 9, (1400, 500)) for i in range(31)]
    results = list(classifier.stream(files, workers=1, batch_size=16))
    assert all(isinstance(result, Prediction) for result in results)
    assert max(held) == 12
    assert sum(held) == 31


def test_look_ahead_is_bounded(
    classifier: Classifier, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    decode = folder.read_image_file

    def watch(path: str) -> np.ndarray:
        started.append(path)
        return decode(path)

    monkeypatch.setattr(folder, "read_image_file", watch)
    file = photo()
    before = threading.active_count()
    results = classifier.stream([file] * 1000, workers=2, batch_size=4)
    assert len(list(islice(results, 10))) == 10
    assert len(started) <= 10 + 4 * (2 * 2 + 2)
    results.close()
    assert threading.active_count() == before


def test_sizes_must_be_positive(classifier: Classifier) -> None:
    for options in ({"batch_size": 0}, {"workers": 0}):
        with pytest.raises(UsageError, match="1 or more"):
            classifier.stream(["x.png"], **options)


@pytest.fixture
def odd(tmp_path: Path, photo: Photo) -> Path:
    """A folder with one image, a link to itself and a pipe that nobody writes to."""
    photo("odd/1.png", 200)
    (tmp_path / "odd/2.png").symlink_to(tmp_path / "odd/2.png")
    os.mkfifo(tmp_path / "odd/3.png")
    return tmp_path / "odd"


NO_FILE = "is no file, but a pipe, a socket or a device"


def test_odd_things_cost_only_themselves(classifier: Classifier, odd: Path) -> None:
    for path in (odd, odd / "*.png", odd / "**"):
        good, link, pipe = classifier.stream([path])
        assert good.label == "7"
        assert isinstance(link, Failure)
        assert link.error.startswith("can't be read: ")
        assert pipe == Failure(str(odd / "3.png"), NO_FILE)


def test_names_that_no_system_takes(classifier: Classifier, photo: Photo) -> None:
    bad, good = classifier.stream(["x" * 300, photo()])
    assert bad.error.startswith("can't be read: ")
    assert good.label == "7"
    assert isinstance(next(classifier.stream(["x" * 300 + "*"])), Failure)


def test_unreadable_folder_above_a_file(photo: Photo, monkeypatch: pytest.MonkeyPatch) -> None:
    file = photo()
    real = Path.stat

    def refuse(self: Path, **options: object) -> os.stat_result:
        if self.name == "locked.png":
            raise PermissionError(13, "Permission denied")
        return real(self, **options)

    monkeypatch.setattr(Path, "stat", refuse)  # root may read anything, so pretend
    assert list(find(["locked.png", file])) == ["locked.png", str(file)]


def test_named_pipe_is_read(classifier: Classifier, photo: Photo, tmp_path: Path) -> None:
    data = photo().read_bytes()
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(data,))
    writer.start()
    assert [result.label for result in classifier.stream([tmp_path / "pipe"])] == ["7"]
    writer.join()


def test_deep_patterns_follow_no_links(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for i in range(4):
        (tree / f"sub/loop{i}").symlink_to(tree)
    monkeypatch.chdir(tree)
    assert list(find(["**/*.png"])) == ["10.png", "sub/3.png"]
    assert list(find([tree / "**/*.webp"])) == [str(tree / "sub/deep/4.webp")]
    assert list(find(["./sub/**/*.webp"])) == ["./sub/deep/4.webp"]
    assert list(find(["s*/**/*.webp"])) == ["sub/deep/4.webp"]
    assert list(find(["**/deep/**/*.webp"])) == ["sub/deep/4.webp"]


def test_one_path_instead_of_many(classifier: Classifier, photo: Photo) -> None:
    for path in (photo(), str(photo())):
        assert [result.label for result in classifier.stream(path)] == ["7"]


def test_what_is_no_path(classifier: Classifier) -> None:
    with pytest.raises(UsageError, match="5 is no path: give paths"):
        list(classifier.stream([5]))
