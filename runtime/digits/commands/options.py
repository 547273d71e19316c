"""Options that several commands share, and how commands talk to people."""

import sys
from enum import StrEnum
from typing import Annotated

from digits.commands.parameters import Argument, Option
from digits.commands.tables import printable
from digits.providers import Provider


class ReportFormat(StrEnum):
    """How a report is printed: for people or for programs."""

    TABLE = "table"
    JSON = "json"


Bundle = Annotated[str, Argument(metavar="BUNDLE", help="A shipped model's name, or a directory.")]
ProviderOption = Annotated[
    Provider,
    Option(help="Where to run; cuda means CUDA or an error, auto the best there is."),
]
ReportOption = Annotated[ReportFormat, Option("--format", help="For people or programs.")]
MinConfidenceOption = Annotated[
    float | None,
    Option(
        metavar="P",
        help="Give no label below this confidence, 0 to 1; by default as the model says.",
    ),
]
AlwaysOption = Annotated[
    bool, Option("--always", help="Give every image a label, even an empty page.")
]
VariantOption = Annotated[
    str | None,
    Option(metavar="NAME", help="Run this variant of the model, int8 for example."),
]
Tf32Option = Annotated[
    bool, Option("--tf32", help="On CUDA, round products to TF32: faster, and coarser.")
]


def note(text: str | None) -> None:
    """Tell people something that isn't a result: one line on stderr."""
    if text:
        print(f"note: {printable(text)}", file=sys.stderr)
