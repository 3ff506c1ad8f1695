"""Behind every picture: its figures as a table on the page, and the same table as a file.

A chart on a page tells the request what it shows; asked for the page with `?csv=<id of the chart>`, the
same view runs, with the same checks of who may look and the same filters, and the table comes back as CSV.
"""

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from common.errors import NotFound
from common.spreadsheet import sheet
from common.web import refusal_response

Figure = dict[str, Any]
PARAMETER = "csv"
MOST_ROWS = 100  # of a table on a page; the file has all


@dataclass(frozen=True, slots=True)
class Table:
    """`columns` and `rows` as components/table.html takes them."""

    columns: list[Any]
    rows: list[list[Any]]

    @property
    def shown(self) -> list[list[Any]]:
        return self.rows[:MOST_ROWS]

    @property
    def left_out(self) -> int:
        return len(self.rows) - len(self.shown)

    def csv(self) -> str:
        return sheet(
            [_words(one, "title") for one in self.columns], [[*map(_words, row)] for row in self.rows]
        )


def _words(cell: Any, name: str = "text") -> str:
    return str(cell[name]) if isinstance(cell, dict) else str(cell)


def table_of(figure: Figure) -> Table:
    """What a figure of lines, bars or points shows: a row for each place, a column for each trace.

    Where the axis says nothing (a map of points) it is a row for each point: its trace, and its text.
    """
    layout, traces = figure.get("layout") or {}, figure["data"]
    if (layout.get("xaxis") or {}).get("visible") is False:
        columns = [{"title": _("Group")}, {"title": _("Text")}]
        return Table(columns, [[_name(t), html.unescape(str(said))] for t in traces for said in t["text"]])
    across = any(trace.get("orientation") == "h" for trace in traces)
    places: dict[Any, dict[int, Any]] = {}
    for number, trace in enumerate(traces):
        at, values = (trace["y"], trace["x"]) if across else (trace["x"], trace["y"])
        for place, value in zip(_told_apart(at), values, strict=False):
            places.setdefault(place, {})[number] = value
    axes = [layout.get(name) or {} for name in (("yaxis", "xaxis") if across else ("xaxis", "yaxis"))]
    first, second = ((axis.get("title") or {}).get("text", "") for axis in axes)
    names = [_name(trace) or second or _("Value") for trace in traces]
    value_columns: list[dict[str, Any]] = [{"title": name, "numeric": True} for name in names]
    rows = [
        [
            {"text": _shown(place)},
            *({"text": _shown(row.get(n)), "numeric": True} for n in range(len(traces))),
        ]
        for (place, _nth), row in places.items()
    ]
    return Table([{"title": first or _("Place")}, *value_columns], rows)


def _told_apart(places: list[Any]) -> list[tuple[Any, int]]:
    """Each with how often it came before, so that two points at one place are two rows."""
    seen: dict[Any, int] = {}
    found = []
    for place in places:
        found.append((place, seen.get(place, 0)))
        seen[place] = seen.get(place, 0) + 1
    return found


def _name(trace: dict[str, Any]) -> str:
    return html.unescape(str(trace.get("name") or ""))


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else html.unescape(str(value))


def keep_table(request: HttpRequest, chart: str, table: Table) -> str:
    """Let the middleware know what a chart of this page shows; the address of its file."""
    tables: dict[str, Table] = request.__dict__.setdefault("chart_tables", {})
    tables[chart] = table
    query = request.GET.copy()
    query[PARAMETER] = chart
    return f"{request.path}?{query.urlencode()}"


class ChartFiles:
    """Answers a page asked for with `?csv=<id>` by the table behind that chart."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        chart = request.GET.get(PARAMETER) if request.method == "GET" else None
        tables = request.__dict__.get("chart_tables")
        if not chart or not tables or response.status_code != 200:
            return response
        if chart not in tables:
            return refusal_response(request, NotFound(_("There is no such chart on this page.")))
        disposition = f'attachment; filename="{chart}.csv"'
        headers = {"Content-Disposition": disposition, "Cache-Control": "private, no-store"}
        return HttpResponse(tables[chart].csv(), content_type="text/csv; charset=utf-8", headers=headers)
