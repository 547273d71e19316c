"""The page before `digits serve`: what may go wrong between the two."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

IMAGES = Path(__file__).parents[2] / "samples" / "images"
NOTHING = "\N{EN DASH}"
REFUSED = "Failed to load resource"

Visits = Callable[..., Any]


def forgive(visited: Any, words: str) -> None:
    """Take what the browser says about failed requests, of which there are some, as expected."""
    expected = [text for text in visited.complaints if REFUSED in text and words in text]
    assert expected
    visited.complaints[:] = [text for text in visited.complaints if text not in expected]


def test_the_server_stops_and_comes_back(visit: Visits, served: Any) -> None:
    visited = visit(served.site, reduced_motion="reduce")
    served.stop()
    visited.page.keyboard.press("8")
    visited.expect_notice("doesn't answer")
    visited.expect(NOTHING)
    visited.page.keyboard.press("4")
    visited.expect_notice("doesn't answer")
    served.start()
    visited.expect("4", "% sure")
    visited.expect_notice("")
    forgive(visited, "ERR_CONNECTION_REFUSED")


def test_what_is_no_image(visit: Visits, served: Any, tmp_path: Path) -> None:
    (tmp_path / "letter.png").write_text("Dear model,")
    visited = visit(served.site)
    visited.page.set_input_files("#file", tmp_path / "letter.png")
    visited.expect_notice("Not an image")
    visited.page.set_input_files("#file", IMAGES / "3-paper.jpg")
    visited.expect("3")
    visited.expect_notice("")
    forgive(visited, "4")


def test_a_file_beyond_the_limit(visit: Visits, served: Any, tmp_path: Path) -> None:
    (tmp_path / "large.png").write_bytes(bytes(12_000_000))
    visited = visit(served.site)
    visited.page.set_input_files("#file", tmp_path / "large.png")
    visited.expect_notice("large")
    visited.page.keyboard.press("Escape")
    visited.expect_notice("")
    forgive(visited, "413")


def test_a_format_that_only_the_server_reads(visit: Visits, served: Any, tmp_path: Path) -> None:
    with Image.open(IMAGES / "5-huge.jpg") as image:
        image.save(tmp_path / "five.tiff")
    visited = visit(served.site)
    visited.page.set_input_files("#file", tmp_path / "five.tiff")
    visited.expect("5")
    assert visited.page.text_content("#file-name") == "five.tiff"


def test_the_newest_picture_wins(visit: Visits, served: Any) -> None:
    """At most one request is under way, however fast the pen is, and none for what was cleared."""
    visited = visit(served.site, reduced_motion="reduce")
    held: list[Any] = []
    visited.page.route("**/predict*", held.append)
    visited.page.keyboard.press("7")
    visited.page.keyboard.press("3")
    visited.page.keyboard.press("9")
    visited.page.wait_for_timeout(300)
    assert len(held) <= 3  # each is given up before the next goes out
    visited.page.unroute("**/predict*")
    for route in held:
        route.continue_()
    visited.expect("9", "% sure")
