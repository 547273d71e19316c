"""An HTML page that needs nothing else: styles and images are inside."""

import base64
from html import escape
from importlib.resources import files

# What the page may load: nothing from anywhere.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def document(title: str, body: str) -> str:
    """A whole page.

    Args:
        title: Plain text.
        body: HTML.
    """
    style = files("digits.reports").joinpath("page.css").read_text("utf-8")
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{escape(title)}</title>
<style>
{style}</style>
<body>
<h1>{escape(title)}</h1>
{body}
</body>
</html>
"""


def chart(picture: bytes, text: str) -> str:
    """A chart, PNG, on a card; `text` is for those who can't see it."""
    image = f'<img class="chart" src="{data_url("png", picture)}" alt="{escape(text)}">'
    return f'<div class="card">{image}</div>\n'


def data_url(kind: str, content: bytes) -> str:
    """An image of a kind, "png" for example, as an address that holds it."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
