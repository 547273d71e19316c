"""The smallest program around the runtime works as it stands."""

import subprocess
import sys
from pathlib import Path

SAMPLES = Path(__file__).parents[2] / "samples"


def embed(*files: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", SAMPLES / "embed.py", *files]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_embed_reads_the_digits() -> None:
    files = [SAMPLES / "images" / f"{name}.png" for name in ("4-screen-280", "2-screen-corner")]
    done = embed(*files)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    answers = [line.rpartition(": ")[2].split()[0] for line in lines]
    assert answers == ["4", "2"]


def test_embed_goes_on_after_a_file_that_is_no_image(tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_text("no image")
    done = embed(broken, SAMPLES / "images" / "3-screen-280-light.png")
    assert done.returncode == 1
    assert done.stderr.count("broken.png") == 1
    assert len(done.stderr.splitlines()) == 1
    assert "3-screen-280-light.png: 3 " in done.stdout


def test_embed_names_a_missing_file_once(tmp_path: Path) -> None:
    done = embed(tmp_path / "nope.png")
    assert done.returncode == 1
    assert done.stderr.startswith(f"{tmp_path / 'nope.png'}: ")
    assert done.stderr.count("nope.png") == 1
    assert done.stdout == ""


def test_embed_without_images_says_how_to_use_it() -> None:
    done = embed()
    assert done.returncode == 2
    assert done.stderr == "usage: python embed.py IMAGE...\n"


def test_embed_fits_on_a_screen() -> None:
    assert len((SAMPLES / "embed.py").read_text().splitlines()) <= 20
