"""The smallest asyncio program around the runtime works as it stands."""

import subprocess
import sys
from pathlib import Path

SAMPLES = Path(__file__).parents[2] / "samples"


def embed(*files: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", SAMPLES / "embed_async.py", *files]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_it_reads_in_the_order_of_its_arguments_and_goes_on_after_what_is_no_image() -> None:
    names = ("4-screen-280.png", "gone.png", "2-screen-corner.png", "7-chalk-board.jpg")
    done = embed(*(SAMPLES / "images" / name for name in names))
    assert done.returncode == 1
    lines = [line.rpartition("/")[2] for line in done.stdout.splitlines()]
    assert [line.split()[:2] for line in lines] == [
        ["4-screen-280.png:", "4"],
        ["2-screen-corner.png:", "2"],
        ["7-chalk-board.jpg:", "7"],
    ]
    assert done.stderr == f"{SAMPLES / 'images' / 'gone.png'}: no such file\n"


def test_without_images_it_says_how_to_use_it() -> None:
    done = embed()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "usage: python embed_async.py IMAGE...\n"
