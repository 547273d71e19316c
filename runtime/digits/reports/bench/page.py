"""A run of `digits bench` as one HTML page."""

from collections.abc import Mapping, Sequence
from html import escape

from digits.bench.results import Measured, Run
from digits.bench.verdicts import Verdict
from digits.commands.bench_tables import bound, number, pivot, range_of, verdicts_of
from digits.reports.document import chart, document

_CHARTS = {
    "summary.png": "Images per second, files to labels, beside what others reach",
    "throughput.png": "Images per second over batch size and threads",
    "latency.png": "Latency distribution of one image",
    "stages.png": "Time of one image by stage",
}
_MET = {True: "met", False: "missed", None: ""}


def page(run: Run, pictures: Mapping[str, bytes]) -> str:
    """Write the page.

    Args:
        run: What was measured.
        pictures: PNG by file name; those that there are are put in.
    """
    machine, settings = run.machine, run.settings
    told = (
        f"{machine.get('processor')}, {machine.get('cores'):g} cores, {machine.get('python')}; "
        f"{settings.get('model')} on {settings.get('provider')}, "
        f"{settings.get('rounds')} rounds; {run.ended}"
    )
    charts = "".join(
        chart(pictures[name], text) for name, text in _CHARTS.items() if name in pictures
    )
    versions = ", ".join(f"{name} {version}" for name, version in run.versions.items())
    body = f"""<p class="faint">{escape(told)}</p>
<p class="faint">{escape(versions)}</p>
<h2>Targets</h2>
{_targets(run)}
<h2>Pictures</h2>
<div class="stack">
{charts}
</div>
{"".join(map(_measured, run.measured))}"""
    return document(f"digits bench {run.digits}", body)


def _targets(run: Run) -> str:
    rows = [
        (f"{measured.name}: {verdict.target.text}", *_cells(verdict))
        for measured in run.measured
        for verdict in verdicts_of(measured)
    ]
    return _table(("ratio or figure", "median", "quartiles", "target", ""), rows)


def _cells(verdict: Verdict) -> tuple[str, str, str, str]:
    if verdict.reached is None:
        return "not measured", "", bound(verdict), ""
    met = _MET[verdict.met] if bound(verdict) else ""
    return number(verdict.reached.median), range_of(verdict.reached), bound(verdict), met


def _measured(measured: Measured) -> str:
    notes = "".join(
        f'<p class="faint">{escape(line)}</p>' for line in (*measured.notes, *measured.failed)
    )
    head, rows = pivot(measured)
    return f"<h2>{escape(measured.title)}</h2>{_table(head, rows) if rows else ''}{notes}"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    top = "".join(f"<th>{escape(cell)}" for cell in head)
    lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}' for cell in row)}</tr>\n" for row in rows)
    return f'<div class="card scroll"><table><tr>{top}</tr>{lines}</table></div>'
