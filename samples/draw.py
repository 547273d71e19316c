"""Draw the sample images: `python samples/draw.py [--out DIR]`.

Every picture has its own seed, taken from its file name, so the same version of Pillow draws the
same bytes each time, and a new kind changes no other picture.
"""

import argparse
import csv
import zlib
from pathlib import Path

import numpy as np

from drawing.kinds import KINDS, Kind


def draw(folder: Path) -> list[tuple[str, str, str]]:
    """Draw all pictures and their `labels.csv` into a folder.

    Returns:
        File name, label and kind of each picture, as in labels.csv.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = sorted(
        (f"{digit}-{name}{kind.suffix}", digit, name)
        for name, kind in KINDS.items()
        for digit in kind.digits
    )
    for file, digit, name in rows:
        _draw_one(folder / file, int(digit), KINDS[name])
    with (folder / "labels.csv").open("w", newline="") as table:
        csv.writer(table, lineterminator="\n").writerows([("file", "label", "kind"), *rows])
    return rows


def _draw_one(path: Path, digit: int, kind: Kind) -> None:
    rng = np.random.default_rng(zlib.crc32(path.name.encode()))
    image = kind.paint(digit, rng)
    options = dict(kind.options)
    if image.getexif():
        options["exif"] = image.getexif()
    image.save(path, **options)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    images = Path(__file__).parent / "images"
    parser.add_argument(
        "--out", type=Path, default=images, metavar="DIR", help="default: %(default)s"
    )
    folder = parser.parse_args().out
    rows = draw(folder)
    size = sum((folder / file).stat().st_size for file, _, _ in rows)
    print(f"{len(rows)} images, {size / 1e6:.2f} MB, in {folder}")


if __name__ == "__main__":
    main()
