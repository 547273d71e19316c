"""Many files: which are found, in which order, and that a bad one costs only itself."""

import os
import threading
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from digits import Classifier, Failure, UsageError
from digits.find import Special, find
from digits.pipeline import reading, stream

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
    address = "https://example.org/7.png"
    assert list(find([address])) == [Failure(address, "an address, no file: download it first")]


def test_photos_of_phones_are_named_not_passed_over(classifier: Classifier, tmp_path: Path) -> None:
    (tmp_path / "IMG_1.HEIC").write_bytes(b"\0\0\0\x18ftypheic" + bytes(20))
    (only,) = classifier.stream([tmp_path])
    assert isinstance(only, Failure)
    assert only.error == "not an image that can be read here: HEIC; save it as JPEG or PNG"


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
    see_batch = Classifier.see_batch

    def watch(self: Classifier, images: list) -> object:
        held.append(len(images))
        return see_batch(self, images)

    monkeypatch.setattr(Classifier, "see_batch", watch)
    files = [photo(f"{i}.png", 9, (1400, 500)) for i in range(31)]
    answers = reading.read_batch(classifier, [str(file) for file in files])
    assert (len(answers.groups), answers.errors) == (len(held), {})
    # Twelve at a time in memory, of these five at a time in the front end.
    assert held == [5, 5, 2, 5, 5, 2, 5, 2]


@pytest.mark.parametrize("workers", [1, 2])
def test_look_ahead_is_bounded(
    classifier: Classifier, photo: Photo, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    taken: list[Path] = []

    def files() -> Iterator[Path]:
        while True:
            taken.append(photo())
            yield taken[-1]

    monkeypatch.setattr(stream, "PATIENCE", 0.0)
    before = threading.active_count()
    results = classifier.stream(files(), workers=workers, batch_size=4)
    assert len(list(islice(results, 10))) == 10
    assert len(taken) <= 10 + 4 * (3 * 2 + 2)
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

    def refuse(path: object, **_: object) -> os.stat_result:
        if "locked" in str(path):
            raise PermissionError(13, "Permission denied")
        return real(path)

    real = os.stat
    monkeypatch.setattr(os, "stat", refuse)  # root may read anything, so pretend
    assert list(find(["locked.png", file])) == ["locked.png", str(file)]


def test_what_only_this_process_can_read(odd: Path) -> None:
    assert list(find(["-", odd / "3.png"])) == [Special("-"), Special(str(odd / "3.png"))]


def test_unreadable_subfolder_names_itself(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("deep"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)  # root may read anything, so pretend
    found = list(find([tree], recursive=True))
    message = "the folder can't be read: Permission denied"
    assert found[3:] == [str(tree / "sub/3.png"), Failure(str(tree / "sub/deep"), message)]


def test_listing_that_fails_in_the_middle(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.scandir

    class Listing:
        def __init__(self, path: str) -> None:
            self.entries = list(real(path))

        def __enter__(self) -> Iterator[object]:
            yield self.entries[0]
            raise OSError(5, "Input/output error")

        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr(os, "scandir", Listing)
    message = "the folder can't be read: Input/output error"
    assert list(find([tree])) == [Failure(str(tree), message)]


def test_files_that_change_between_listing_and_reading(
    classifier: Classifier, photo: Photo, tmp_path: Path
) -> None:
    for i in range(6):
        photo(f"live/{i}.png", 40)
    files = list(find([tmp_path / "live"]))
    results = classifier.stream(tmp_path / "live", workers=1)
    assert next(results).label == "1"
    whole = photo("live/1.png", 40).read_bytes()
    (tmp_path / "live/1.png").unlink()
    (tmp_path / "live/2.png").write_bytes(whole[:40])
    (tmp_path / "live/3.png").write_bytes(b"")
    (tmp_path / "live/4.png").write_bytes(whole + b"more")
    found = {Path(r.path).name: getattr(r, "error", None) for r in results}
    assert len(files) == len(found) + 1
    assert found.pop("2.png").startswith("a damaged image: ")
    errors = {"1.png": "no such file", "3.png": "the file is empty", "4.png": None, "5.png": None}
    assert found == errors


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
