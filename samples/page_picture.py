"""Take the README's picture of the page of `digits serve`, in Chromium, by day and by night.

Run `python samples/page_picture.py http://127.0.0.1:8000/ [--out FILE]`; it needs Playwright (the
extra [browser]) and Chromium.
"""

import argparse
import io
import shutil
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, sync_playwright

Point = tuple[float, float]

SIZE = {"width": 1120, "height": 700}
# A 4 in a hurry, nearly a 9: strokes of points in percent of the paper's side.
FOUR: tuple[list[Point], ...] = (
    [(53.5, 14), (39, 36), (28, 52), (30, 56), (44, 56), (63, 51)],
    [(60, 16), (58.5, 45), (54, 87)],
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", help="where `digits serve` is")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "page.png")
    arguments = parser.parse_args()
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        shots = [shot(browser, arguments.site, scheme) for scheme in ("light", "dark")]
    picture = halved(*shots)
    picture.quantize(128, dither=Image.Dither.NONE).save(arguments.out, optimize=True)
    print(f"{arguments.out}: {arguments.out.stat().st_size:,} bytes")


def halved(day: Image.Image, night: Image.Image) -> Image.Image:
    """Both in one picture, on two sides of a slanted edge."""
    width, height = day.size
    mask = Image.new("L", (2 * width, 2 * height))
    edge = [(1.065 * width, 0), (0.965 * width, 2 * height)]
    ImageDraw.Draw(mask).polygon([*edge, (2 * width, 2 * height), (2 * width, 0)], fill=255)
    return Image.composite(night, day, mask.reduce(2))


def rounded(stroke: list[Point]) -> list[Point]:
    """A stroke with its corners cut (Chaikin, 1974)."""
    cut = [
        (a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part)
        for a, b in pairwise(stroke)
        for part in (0.25, 0.75)
    ]
    return [stroke[0], *cut, stroke[-1]]


def shot(browser: Browser, site: str, scheme: str) -> Image.Image:
    """The page with a digit drawn on it."""
    page = browser.new_page(viewport=SIZE, color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.goto(site)
    page.locator("html[data-ready]").wait_for()
    box = page.locator("#paper").bounding_box()
    assert box is not None
    for stroke in FOUR:
        for i, (x, y) in enumerate(rounded(rounded(rounded(stroke)))):
            page.mouse.move(box["x"] + x * box["width"] / 100, box["y"] + y * box["height"] / 100)
            if i == 0:
                page.mouse.down()
        page.mouse.up()
    page.mouse.move(0, 0)
    page.wait_for_timeout(1000)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    page.close()
    return picture


if __name__ == "__main__":
    main()
