"""The report of `digits eval` as one HTML page."""

import io
from collections.abc import Mapping, Sequence
from html import escape

from PIL import Image

from digits.accuracy import Answer, answered, by_kind, by_label, score
from digits.calibration import calibration_error, reliability
from digits.commands.scores import abstentions, method_of, percent, range_of
from digits.figures import coverage
from digits.intervals import interval
from digits.outcome import Outcome
from digits.reports.document import chart, data_url, document
from digits.reports.tiles import Tile

_CHARTS = {
    "confusion.png": "Confusion matrix: rows are what images show, columns what was read",
    "reliability.png": "Reliability diagram: accuracy over confidence",
    "accuracy.png": "Accuracy by label and by kind with 95 % intervals",
}


def page(outcome: Outcome, pictures: Mapping[str, bytes], worst: Sequence[Tile]) -> str:
    """Write the page.

    Args:
        outcome: What was measured.
        pictures: PNG by file name; the charts among them are put in.
        worst: The worst mistakes, the worst first.
    """
    title = f"{outcome.model} on {outcome.data}"
    how = "as canvases" if outcome.canvas else "through the front end"
    told = f"{len(outcome.answers):,} images, {how}, on {outcome.provider}"
    body = f"""<p class="faint">{escape(told)}</p>
{_headline(outcome.answers)}
{_failures(outcome)}
<h2>Where it is wrong, and how sure it is</h2>
<div class="charts">
{"".join(chart(pictures[name], text) for name, text in _CHARTS.items())}
</div>
{_groups("kind", by_kind(outcome.answers))}
{_groups("label", by_label(outcome.answers, outcome.labels))}
<h2>The worst mistakes</h2>
<p class="faint">What the model saw, and the picture it came from; the surest mistakes first.</p>
<div class="tiles">
{"".join(map(_tile, worst)) or "<p>None.</p>"}
</div>"""
    return document(title, body)


def _headline(answers: Sequence[Answer]) -> str:
    total, sure, given = score(answers), interval(answers), answered(answers)
    error = calibration_error(reliability(answers))
    boxes = [
        ("right", percent(total.accuracy), f"{total.right:,} of {total.total:,}"),
        ("95 % interval", range_of(sure), method_of(sure)),
        ("calibration error", percent(error), "expected, in 15 bins"),
    ]
    if len(given) < len(answers):
        right = f"{percent(score(given).accuracy)} of them right"
        boxes.append(("answered", percent(coverage(answers)), right))
        text = f'<p class="faint">Abstained: {escape(abstentions(answers))}.</p>'
    else:
        text = ""
    return f'<div class="figures">{"".join(_box(*box) for box in boxes)}</div>{text}'


def _box(name: str, value: str, more: str) -> str:
    small = '<span class="faint">'
    return f"<div>{small}{name}</span><b>{value}</b>{small}{escape(more)}</span></div>\n"


def _failures(outcome: Outcome) -> str:
    count = len(outcome.failures)
    return f'<p class="faint">{count} images can\'t be read and are left out.</p>' if count else ""


def _groups(name: str, groups: Mapping[str, Sequence[Answer]]) -> str:
    rows = "".join(_row(key, answers) for key, answers in groups.items() if answers)
    if not rows:
        return ""
    head = "".join(f"<th>{text}" for text in (name, "images", "right", "accuracy", "95 % interval"))
    return f'<h2>By {name}</h2><div class="card scroll"><table><tr>{head}</tr>{rows}</table></div>'


def _row(key: str, answers: Sequence[Answer]) -> str:
    total, sure = score(answers), range_of(interval(answers))
    cells = (escape(key), f"{total.total:,}", f"{total.right:,}", percent(total.accuracy), sure)
    return f"<tr>{''.join(f'<td>{cell}' for cell in cells)}</tr>\n"


def _tile(tile: Tile) -> str:
    seen = f'<img src="{_image(tile.canvas)}" alt="what the model saw">'
    source = f'<img class="smooth" src="{_image(tile.picture)}" alt="the picture">'
    return (
        f'<figure><div class="pair">{seen}{source}</div><figcaption>{escape(tile.caption)}'
        f'</figcaption><span class="faint">{escape(tile.name)}</span></figure>\n'
    )


def _image(image: Image.Image) -> str:
    content = io.BytesIO()
    image.save(content, "PNG", optimize=True)
    return data_url("png", content.getvalue())
