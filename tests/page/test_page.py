"""What people do on the page, wherever the model runs."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

IMAGES = Path(__file__).parents[2] / "samples" / "images"
ALL = "0123456789"
NOTHING = "\N{EN DASH}"  # where the label would be
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SIZES = [(320, 568), (390, 844), (844, 390), (667, 375), (768, 1024), (1024, 640), (1920, 1080)]

Visits = Callable[..., Any]
Glyphs = Callable[..., list[list[tuple[float, float]]]]


def drop(visited: Any, kind: str, name: str, data: bytes) -> None:
    """Drop or paste a file, as the browser tells the page of it."""
    visited.page.evaluate(
        """([kind, name, data]) => {
            const transfer = new DataTransfer();
            if (name) transfer.items.add(new File([new Uint8Array(data)], name));
            else transfer.setData("text/plain", "https://example.org/7.png");
            const event = kind === "paste"
                ? new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true })
                : new DragEvent("drop", { dataTransfer: transfer, bubbles: true });
            document.querySelector("#paper").dispatchEvent(event);
        }""",
        [kind, name, list(data)],
    )


def size_of(file: Path) -> tuple[int, int]:
    with Image.open(file) as image:
        return image.size


def test_every_digit_with_the_mouse(visit: Visits, site: str, glyphs: Glyphs) -> None:
    visited = visit(site)
    for digit in ALL:
        visited.page.keyboard.press("Escape")
        visited.expect(NOTHING)
        visited.draw(glyphs(digit))
        visited.expect(digit, "% sure")
        shares = visited.probabilities()
        assert shares.index(max(shares)) == int(digit)
        assert sum(shares) == pytest.approx(1, abs=0.001)
        visited.page.locator("#frame path[d]:not([d=''])").wait_for(state="attached")
    times = sorted(visited.milliseconds())
    print(f"pen-up to answer: median {times[len(times) // 2]:.0f} ms, worst {times[-1]:.0f} ms")


def test_every_digit_that_the_page_writes(visit: Visits, site: str) -> None:
    visited = visit(site, reduced_motion="reduce")
    for digit in ALL:
        visited.page.keyboard.press(digit)
        visited.expect(digit, "% sure")


def test_the_answer_follows_the_pen(visit: Visits, site: str) -> None:
    visited = visit(site)
    visited.page.mouse.move(*visited.on_paper((0.35, 0.3)))
    visited.page.mouse.down()
    visited.page.mouse.move(*visited.on_paper((0.62, 0.3)), steps=10)
    visited.page.mouse.move(*visited.on_paper((0.45, 0.75)), steps=10)
    visited.expect("7")  # the pen is still down
    visited.page.mouse.up()


def test_a_pen_that_rests_before_it_is_lifted_has_its_answer(visit: Visits, site: str) -> None:
    visited = visit(site)
    visited.page.mouse.move(*visited.on_paper((0.52, 0.2)))
    visited.page.mouse.down()
    visited.page.mouse.move(*visited.on_paper((0.48, 0.8)))
    visited.expect("1")
    visited.page.wait_for_timeout(1000)  # a dot may be a 1, too
    asked = len(visited.requests)
    visited.page.mouse.up()
    assert len(visited.milliseconds()) == 1
    visited.page.wait_for_timeout(300)
    assert len(visited.requests) == asked


def test_what_the_model_saw(visit: Visits, site: str) -> None:
    visited = visit(site, reduced_motion="reduce")
    visited.page.keyboard.press("1")
    visited.expect("1")
    levels = visited.page.evaluate(
        """() => {
            const seen = document.querySelector("#seen");
            const { data } = seen.getContext("2d").getImageData(0, 0, seen.width, seen.height);
            return [seen.width, seen.height, ...data.filter((_, i) => i % 4 === 0)];
        }"""
    )
    assert levels[:2] == [28, 28]
    rows = [levels[2 + 28 * y : 30 + 28 * y] for y in range(28)]
    assert all(max(row) > 100 for row in rows[5:23])
    assert max(rows[0] + rows[1] + rows[26] + rows[27]) == 0


def test_with_a_finger(visit: Visits, site: str, glyphs: Glyphs) -> None:
    visited = visit(site, **PHONE)
    touch = visited.page.context.new_cdp_session(visited.page)
    for stroke in glyphs("3"):
        points = [dict(zip("xy", visited.on_paper(place), strict=True)) for place in stroke]
        for i, point in enumerate(points):
            kind = "touchMove" if i else "touchStart"
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    visited.expect("3", "% sure")
    assert visited.page.evaluate("scrollY") == 0
    assert visited.page.locator("#photograph").is_visible()


def test_a_pen_that_presses_draws_wider(visit: Visits, site: str) -> None:
    visited = visit(site)
    pen = visited.page.context.new_cdp_session(visited.page)
    ink = []
    for force in (0.1, 1.0):
        for kind, y in (("mousePressed", 0.2), ("mouseMoved", 0.8), ("mouseReleased", 0.8)):
            x, y = visited.on_paper((0.5, y))
            event = {"type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "force": force}
            pen.send("Input.dispatchMouseEvent", event | {"pointerType": "pen"})
        visited.expect("1")
        ink.append(visited.page.evaluate(INK))
        visited.page.keyboard.press("Escape")
    assert ink[1] > 1.5 * ink[0]


INK = """(() => {
    const ink = document.querySelector("#ink");
    const { data } = ink.getContext("2d").getImageData(0, 0, ink.width, ink.height);
    return data.reduce((sum, level, i) => sum + (i % 4 === 3 && level > 0), 0);
})()"""


def test_with_the_keyboard_alone(visit: Visits, site: str) -> None:
    visited = visit(site)
    keys = visited.page.keyboard
    keys.press("Tab")
    assert visited.page.evaluate("document.activeElement.id") == "paper"
    keys.press("Space")
    for _ in range(25):
        keys.press("ArrowDown")
    keys.press("Space")
    visited.expect("1", "% sure")
    keys.press("Control+z")
    visited.expect(NOTHING, "Waiting")
    for name in ("pen", "open", "0"):  # undo and clear have nothing to do, and are passed over
        keys.press("Tab")
        focused = "(({ name, id, textContent }) => name || id || textContent)"
        assert visited.page.evaluate(f"{focused}(document.activeElement)") == name
        assert visited.page.evaluate("document.activeElement.matches(':focus-visible')")
    keys.press("Enter")
    visited.expect("0", "% sure")
    keys.press("Delete")
    visited.expect(NOTHING, "Waiting")


def test_undo_brings_back_what_was_cleared(visit: Visits, site: str, glyphs: Glyphs) -> None:
    visited = visit(site)
    visited.draw(glyphs("7", 1))
    visited.expect("7")
    visited.page.click("#clear")
    visited.expect(NOTHING)
    assert visited.page.is_disabled("#clear")
    visited.page.click("#undo")
    visited.expect("7")


def test_the_pens_differ(visit: Visits, site: str) -> None:
    visited = visit(site)
    ink = []
    for pen in ("fine", "medium", "broad"):
        visited.page.get_by_label(pen).check()
        visited.draw([[(0.5, 0.2), (0.5, 0.5), (0.5, 0.8)]])
        visited.expect("1")
        ink.append(visited.page.evaluate(INK))
        visited.page.click("#clear")
    assert ink[0] < ink[1] < ink[2]


def test_a_file_that_is_chosen(visit: Visits, site: str) -> None:
    visited = visit(site)
    with visited.page.expect_file_chooser() as chooser:
        visited.page.wait_for_timeout(300)  # Playwright doesn't wait until the browser knows of it
        visited.page.keyboard.press("o")
    chooser.value.set_files(IMAGES / "7-chalk-board.jpg")
    visited.expect("7", "% sure")
    # Twice the same, with a drawing between them.
    visited.page.keyboard.press("Escape")
    visited.page.set_input_files("#file", IMAGES / "7-chalk-board.jpg")
    visited.expect("7")


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_a_file_that_is_dropped_or_pasted(visit: Visits, site: str, kind: str) -> None:
    visited = visit(site)
    drop(visited, kind, "4.png", (IMAGES / "4-coloured-night.png").read_bytes())
    visited.expect("4", "% sure")


def test_a_photo_lies_as_the_camera_was_held(visit: Visits, site: str) -> None:
    visited = visit(site)
    file = IMAGES / "2-sideways.jpg"
    visited.page.set_input_files("#camera", file)
    visited.expect("2")
    width, height = size_of(file)
    assert visited.page.locator("#frame").get_attribute("viewBox") == f"0 0 {height} {width}"


def test_the_box_is_where_the_digit_is(visit: Visits, site: str) -> None:
    visited = visit(site)
    visited.page.set_input_files("#file", IMAGES / "1-huge.jpg")
    visited.expect("1")
    path = visited.page.locator("#frame path").get_attribute("d")
    x, y = map(float, re.findall(r"-?[\d.]+", path)[:2])
    width, height = size_of(IMAGES / "1-huge.jpg")
    assert 0.2 * width < x < 0.6 * width
    assert 0 < y < 0.7 * height


def test_two_files_at_once(visit: Visits, site: str) -> None:
    visited = visit(site)
    drop(visited, "drop", "", b"")
    visited.expect_notice("no file")
    visited.page.evaluate(
        """([first, second]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(first)], "one.png"));
            transfer.items.add(new File([new Uint8Array(second)], "two.png"));
            document.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer }));
        }""",
        [list((IMAGES / f"{n}-screen-280.png").read_bytes()) for n in (1, 4)],
    )
    visited.expect("1")
    visited.expect_notice("one.png")


def test_no_digit_and_several(visit: Visits, site: str, glyphs: Glyphs, tmp_path: Path) -> None:
    visited = visit(site)
    Image.new("RGB", (300, 200), "white").save(tmp_path / "blank.png")
    visited.page.set_input_files("#file", tmp_path / "blank.png")
    visited.expect("?", "nothing to read")
    visited.page.keyboard.press("Escape")
    for shift in (-0.3, 0.0, 0.3):
        strokes = [[(0.5 + shift + 0.4 * (x - 0.5), y) for x, y in s] for s in glyphs("3")]
        visited.draw(strokes)
    visited.expect("?", "more than one")


def test_the_answer_is_read_out(visit: Visits, site: str) -> None:
    visited = visit(site, reduced_motion="reduce")
    visited.page.keyboard.press("5")
    visited.page.get_by_role("status").filter(has_text=re.compile("^5, .*sure$")).wait_for()


def test_at_night_chalk_on_a_board(visit: Visits, site: str, glyphs: Glyphs) -> None:
    visited = visit(site, color_scheme="dark")
    visited.draw(glyphs("2"))
    visited.expect("2", "% sure")
    paper = "getComputedStyle(document.querySelector('#paper')).backgroundColor"
    assert sum(map(int, re.findall(r"\d+", visited.page.evaluate(paper)))) < 150
    visited.page.emulate_media(color_scheme="light")
    visited.expect("2", "% sure")
    assert sum(map(int, re.findall(r"\d+", visited.page.evaluate(paper)))) == 3 * 255


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_it_fits(visit: Visits, site: str, size: tuple[int, int]) -> None:
    visited = visit(site, viewport={"width": size[0], "height": size[1]}, has_touch=True)
    page = visited.page
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    paper, label = (page.locator(name).bounding_box() for name in ("#paper", "#label"))
    assert paper["width"] == pytest.approx(paper["height"], abs=1)
    assert min(paper["width"], paper["height"]) >= 0.45 * min(size)
    for box in (paper, label):  # both are in sight without scrolling
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size[0]
        assert box["y"] + 0.5 * box["height"] <= size[1]
