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
    visited.expect_notice("more than 10 MB: send a smaller image")
    visited.page.keyboard.press("Escape")
    visited.expect_notice("")
    forgive(visited, "413")


def test_a_format_that_only_the_server_reads(visit: Visits, served: Any, tmp_path: Path) -> None:
    with Image.open(IMAGES / "5-photo-webp.webp") as image:
        image.save(tmp_path / "five.tiff")
    visited = visit(served.site)
    visited.page.set_input_files("#file", tmp_path / "five.tiff")
    visited.expect("5")
    assert visited.page.text_content("#file-name") == "five.tiff"


def test_one_request_at_a_time_about_the_newest_picture(visit: Visits, served: Any) -> None:
    visited = visit(served.site)
    held: list[Any] = []
    visited.page.route("**/predict*", lambda route: held.append(route))
    visited.page.mouse.move(*visited.on_paper((0.35, 0.25)))
    visited.page.mouse.down()
    visited.page.mouse.move(*visited.on_paper((0.63, 0.25)), steps=20)
    visited.page.mouse.move(*visited.on_paper((0.45, 0.8)), steps=20)
    visited.page.mouse.up()
    visited.page.wait_for_timeout(200)
    assert len(held) == 1  # of a dot; what came since then waits
    visited.page.unroute("**/predict*")  # which lets go what was held
    visited.expect("7", "% sure")


def test_no_answer_about_what_was_cleared(visit: Visits, served: Any) -> None:
    visited = visit(served.site, reduced_motion="reduce")
    held: list[Any] = []
    visited.page.route("**/predict*", lambda route: held.append(route))
    visited.page.keyboard.press("7")
    visited.page.wait_for_timeout(100)
    visited.page.keyboard.press("Escape")
    visited.page.unroute("**/predict*")
    visited.page.wait_for_timeout(500)
    visited.expect(NOTHING, "Waiting")
    visited.page.keyboard.press("9")
    visited.expect("9", "% sure")
