"""Replacing a directory: whole or not at all, whatever happens, and never somebody else's."""

import errno
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from digits.errors import OutputError, UsageError
from digits_export import directory

MARKER = "manifest.json"
OLD = {MARKER: b"old", "model": b"a" * 300_000, "goldens": b"b" * 100_000}
NEW = {MARKER: b"new", "model": b"c" * 200_000, "front": b"d" * 50_000}
FOREVER = """
import sys
from pathlib import Path
from digits_export import directory
from test_data import NEW, OLD
if sys.argv[2] == "stepwise":
    directory._exchange = lambda first, second: False
print("ready", flush=True)
while True:
    directory.replace(Path(sys.argv[1]), NEW)
    directory.replace(Path(sys.argv[1]), OLD)
"""


@pytest.fixture
def place(tmp_path):
    directory.replace(tmp_path / "lenet", OLD)
    return tmp_path / "lenet"


@pytest.fixture
def dead_process():
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def names(folder):
    return sorted(file.name for file in folder.iterdir())


def check(place):
    directory.check_replaceable(place, MARKER, OLD.keys() | NEW.keys())


def killed_while_replacing(place, how, seconds, data):
    """Replace without end in another process, and kill it."""
    command = [sys.executable, "-c", FOREVER, str(place), how]
    environment = os.environ | {"PYTHONPATH": str(data)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout.readline() == b"ready\n"
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.fixture
def data(tmp_path):
    """Where the other process finds the files to write."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "test_data.py").write_text(f"OLD = {OLD!r}\nNEW = {NEW!r}\n")
    return folder


def test_a_new_directory_and_its_parents(tmp_path, contents):
    directory.replace(tmp_path / "a" / "b", NEW)
    assert contents(tmp_path / "a" / "b") == NEW
    assert names(tmp_path / "a") == ["b"]


@pytest.mark.parametrize("at_once", [True, False])
def test_the_old_files_go(place, at_once, monkeypatch, contents):
    if not at_once:
        monkeypatch.setattr(directory, "_exchange", lambda *_: False)
    directory.replace(place, NEW)
    assert contents(place) == NEW
    assert names(place.parent) == ["lenet"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="swaps in one step on Linux only")
def test_two_names_are_swapped_in_one_step(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "was-a").touch()
    if not directory._exchange(tmp_path / "a", tmp_path / "b"):
        pytest.skip("this file system can't swap names")
    assert (tmp_path / "b" / "was-a").exists()
    assert not list((tmp_path / "a").iterdir())


def test_killed_at_any_moment_one_of_both_is_there(place, data, contents):
    chance = random.Random(0)
    for _ in range(12):
        killed_while_replacing(place, "at once", chance.uniform(0, 0.03), data)
        found = contents(place)
        assert found in (OLD, NEW)
    directory.replace(place, NEW)
    assert contents(place) == NEW
    assert names(place.parent) == ["data", "lenet"]


def test_killed_without_swapping_nothing_is_lost(place, data, contents):
    chance = random.Random(1)
    for _ in range(6):
        killed_while_replacing(place, "stepwise", chance.uniform(0, 0.03), data)
        whole = [contents(f) for f in place.parent.glob("*lenet*") if (f / MARKER).is_file()]
        assert OLD in whole or NEW in whole
    directory.replace(place, NEW)
    assert contents(place) == NEW
    assert names(place.parent) == ["data", "lenet"]


def test_an_export_killed_between_two_names_is_undone(place, dead_process, monkeypatch, contents):
    place.rename(place.parent / f".lenet.{dead_process}.old")
    monkeypatch.setattr(directory, "_write", full_disk(MARKER))
    with pytest.raises(OutputError):
        directory.replace(place, NEW)
    assert contents(place) == OLD


def test_abandoned_drafts_go_and_others_stay(place, dead_process):
    # In a container every export has the same process number.
    drafts = [place.parent / f".lenet.{process}.draft" for process in (dead_process, os.getpid())]
    alive = place.parent / f".lenet.{os.getppid()}.draft"
    alien = place.parent / ".lenet.notes.draft"
    for folder in (*drafts, alive, alien):
        folder.mkdir()
    directory.replace(place, NEW)
    assert names(place.parent) == sorted([alive.name, alien.name, "lenet"])


def test_a_name_that_looks_like_a_pattern(tmp_path, dead_process):
    (tmp_path / f".a[1].{dead_process}.draft").mkdir()
    directory.replace(tmp_path / "a[1]", NEW)
    assert names(tmp_path) == ["a[1]"]


def full_disk(name):
    """A disk that has no room for one file."""
    write = directory._write

    def fail(file, data):
        if file.name == name:
            file.write_bytes(data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(file, data)

    return fail


@pytest.mark.parametrize("name", NEW)
def test_a_full_disk_changes_nothing(place, name, monkeypatch, contents):
    monkeypatch.setattr(directory, "_write", full_disk(name))
    with pytest.raises(OutputError, match="lenet: can't be written: No space left on device"):
        directory.replace(place, NEW)
    assert contents(place) == OLD
    assert names(place.parent) == ["lenet"]


def test_a_real_limit_changes_nothing(place, data, python, contents):
    program = "import sys; from pathlib import Path; from test_data import NEW\n"
    program += "from digits_export import directory; directory.replace(Path(sys.argv[1]), NEW)"
    run = python(
        program,
        place,
        env=os.environ | {"PYTHONPATH": str(data), "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )
    last = run.stderr.splitlines()[-1]
    assert last.startswith("digits.errors.OutputError: ")
    assert last.endswith("can't be written: File too large: nothing was changed there")
    assert contents(place) == OLD
    assert names(place.parent) == ["data", "lenet"]


def test_ctrl_c_leaves_nothing_behind(place, monkeypatch, contents):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(directory, "_write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        directory.replace(place, NEW)
    assert contents(place) == OLD
    assert names(place.parent) == ["lenet"]


def test_a_link_stays_and_its_target_is_replaced(place, contents):
    link = place.parent / "link"
    link.symlink_to("lenet")
    check(link)
    directory.replace(link, NEW)
    assert link.is_symlink()
    assert contents(place) == NEW
    assert names(place.parent) == ["lenet", "link"]


def test_a_read_only_bundle_is_replaced_and_leaves_no_rest(unprivileged, contents):
    home = unprivileged(0o755)
    directory.replace(home / "lenet", OLD)
    (home / "lenet").chmod(0o555)
    check(home / "lenet")
    directory.replace(home / "lenet", NEW)
    assert contents(home / "lenet") == NEW
    assert names(home) == ["lenet"]


@pytest.fixture
def unprivileged():
    """Gives a folder of these permissions to a user whom permissions bind; root is above them."""
    home = Path(tempfile.mkdtemp())
    root = os.geteuid() == 0

    def become(mode):
        home.chmod(mode)
        if root:
            nobody = 65534
            os.chown(home, nobody, -1)
            os.seteuid(nobody)
        return home

    yield become
    if root:
        os.seteuid(0)
    home.chmod(0o700)
    shutil.rmtree(home)


def test_an_unwritable_place_is_refused_before_the_work(unprivileged):
    home = unprivileged(0o555)
    with pytest.raises(OutputError, match=f"new/er: can't be written: .* {home}"):
        check(home / "new" / "er")
    with pytest.raises(OutputError, match="can't be written: Permission denied"):
        directory.replace(home / "new", NEW)


@pytest.mark.parametrize(
    ("out", "problem"),
    [
        ("file", "file: is a file: name a directory to write"),
        ("file/below/it", "file is a file: name another directory"),
        ("extension", "extension: has icon.png, which would be lost"),
        ("models", "models: has files and no manifest.json"),
        ("nested", "nested: has model, which would be lost"),
        ("work", "work: is the current directory"),
        ("work/../work", "work: is the current directory"),
        ("/", "/: is a mount point"),
    ],
)
def test_what_is_not_ours_is_refused(out, problem, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    files = ("extension/manifest.json", "extension/icon.png", "models/model")
    for name in (*files, "nested/manifest.json", "nested/model/weights"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    with pytest.raises(UsageError) as caught:
        check(tmp_path / out)
    assert problem in str(caught.value)


def test_what_is_ours_is_not(place):
    (place / ".DS_Store").touch()
    check(place)
    check(place.parent / "new")
    (place.parent / "empty").mkdir()
    check(place.parent / "empty")
