"""Reading files whole: what changes meanwhile, what isn't a file, what is too large."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from digits import encoded
from digits.encoded import read_encoded
from digits.errors import InputError
from digits.images import decode_image

Read = Callable[[int, int], bytes]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "image.png"
    path.write_bytes(bytes(range(200)))
    return path


def test_a_file_takes_one_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    read: Read = os.read

    def counted(descriptor: int, size: int) -> bytes:
        calls.append(size)
        return read(descriptor, size)

    monkeypatch.setattr(os, "read", counted)
    assert read_encoded(str(file)) == bytes(range(200))
    assert calls == [201]


@pytest.mark.parametrize("said", [0, 150, 199, 201, 5000])
def test_a_file_that_grows_or_shrinks(
    file: Path, said: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = os.stat_result([0o100644, *[0] * 5, said, *[0] * 3])
    monkeypatch.setattr(os, "fstat", lambda _: before)
    assert read_encoded(str(file)) == bytes(range(200))


def test_a_read_that_gives_less_than_there_is(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: Read = os.read
    monkeypatch.setattr(os, "read", lambda descriptor, size: read(descriptor, min(size, 7)))
    assert read_encoded(str(file)) == bytes(range(200))


def test_a_file_that_grows_without_end(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fstat", lambda _: os.stat_result([0o100644, *[0] * 9]))
    monkeypatch.setattr(encoded, "BYTE_LIMIT", 100)
    with pytest.raises(InputError, match=r"^too large: more than 0 MB$"):
        read_encoded(str(file))


def test_large_files_stay_open(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoded, "WHOLE_LIMIT", 199)
    large = read_encoded(str(file))
    assert not isinstance(large, bytes)
    with pytest.raises(InputError, match="not an image"):
        decode_image(large)
    assert large.closed


@pytest.mark.parametrize("limit", [encoded.WHOLE_LIMIT, 10])
def test_large_images_are_read_from_the_open_file(
    photo: Callable[..., Path], limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoded, "WHOLE_LIMIT", limit)
    assert (decode_image(read_encoded(str(photo(level=77)))).pixels == 77).all()


def test_no_descriptor_is_left(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("needs /proc/self/fd, which Linux has")
    before = len(os.listdir(descriptors))  # noqa: PTH208 - a count, as cheap as it gets
    read_encoded(str(file))
    monkeypatch.setattr(encoded, "WHOLE_LIMIT", 10)
    for path in (file, file.parent, file.parent / "absent", "/dev/null"):
        try:
            decode_image(read_encoded(str(path)))
        except InputError:
            continue
    assert len(os.listdir(descriptors)) == before  # noqa: PTH208


def test_what_is_no_file(file: Path) -> None:
    for path, message in (
        (file.parent, "is a folder, not an image"),
        (file.parent / "absent", "no such file"),
        (file / "below", "can't be read: Not a directory"),
        ("a\0b", "not a path: embedded null byte"),
        (os.devnull, "the file is empty"),
        ("x" * 300, "can't be read: File name too long"),
    ):
        with pytest.raises(InputError) as caught:
            read_encoded(str(path))
        assert str(caught.value) == message


def test_an_empty_file(file: Path) -> None:
    file.write_bytes(b"")
    with pytest.raises(InputError, match=r"^the file is empty$"):
        read_encoded(str(file))


def test_errors_while_reading(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "read", fail)
    with pytest.raises(InputError, match=r"^can't be read: Input/output error$"):
        read_encoded(str(file))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes, which Windows lacks")
def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def write() -> None:
        with pipe.open("wb") as end:
            for _ in range(50):
                end.write(bytes(range(200)))
                end.flush()

    writer = threading.Thread(target=write)
    writer.start()
    assert read_encoded(str(pipe)) == bytes(range(200)) * 50
    writer.join()


def test_a_device_that_never_ends() -> None:
    if not Path("/dev/zero").exists():
        pytest.skip("needs /dev/zero, which Linux and macOS have")
    with pytest.raises(InputError, match="not an image"):
        decode_image(read_encoded("/dev/zero"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_in_the_place_of_a_listed_file_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "7.png"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="is no file, but a pipe, a socket or a device"):
        read_encoded(str(pipe), listed=True)
