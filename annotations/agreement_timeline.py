"""Agreement over time as a table and as a Plotly figure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.templatetags.show import percent

Cell = dict[str, Any]
Row = list[Cell]


@dataclass(frozen=True)
class Table:
    title: str
    note: str
    columns: list[Cell]
    rows: list[Row]
    kind: str = ""


def number_cell(value: Any) -> Cell:
    return {"text": value, "numeric": True}


def two_places(value: float) -> str:
    return f"{value:.2f}"


def _when(found: Mapping[str, Any], number: int) -> str:
    part = found["over_time"][number]
    start, end = (datetime.fromisoformat(part[key]) for key in ("start", "end"))
    if found["step"] == "count":
        return f"{number + 1}: {date_format(start, 'j M H:i')} – {date_format(end, 'H:i')}"
    if found["step"] == "week":
        return f"{date_format(start, 'j M')} – {date_format(end, 'j M')}"
    return str(date_format(start, "j M Y"))


def _tick(found: Mapping[str, Any], number: int) -> str:
    """As short as an axis on a phone wants it; different for every part."""
    start = datetime.fromisoformat(found["over_time"][number]["start"])
    return str(number + 1) if found["step"] == "count" else str(date_format(start, "j M"))


def timeline_table(found: Mapping[str, Any], names: Mapping[str, str]) -> Table:
    """`names`: label -> title of the labels that get a column each."""
    titles = ["α", _("from"), _("to"), _("Units"), *names.values()]
    return Table(
        title=_("Agreement over time"),
        note=_timeline_note(found),
        columns=[{"title": _("When")}, *({"title": title, "numeric": True} for title in titles)],
        rows=[
            [
                {"text": _when(found, number)},
                *(number_cell(two_places(part[key])) for key in ("alpha", "low", "high")),
                number_cell(part["units"]),
                *(number_cell(percent(part.get("labels", {}).get(label))) for label in names),
            ]
            for number, part in enumerate(found["over_time"])
        ],
    )


def _timeline_note(found: Mapping[str, Any]) -> str:
    count = len(found["over_time"])
    notes = {
        "day": ngettext(
            "α with its interval of 95%% on %(n)d day", "α with its interval of 95%% on %(n)d days", count
        ),
        "week": ngettext(
            "α with its interval of 95%% in %(n)d week", "α with its interval of 95%% in %(n)d weeks", count
        ),
        "count": ngettext(
            "α with its interval of 95%% in %(n)d part of equal size",
            "α with its interval of 95%% in %(n)d parts of equal size",
            count,
        ),
    }
    return notes[found["step"]] % {"n": count}


def timeline_chart(found: Mapping[str, Any]) -> dict[str, Any]:
    parts = found["over_time"]
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": [_tick(found, number) for number in range(len(parts))],
                "text": [_when(found, number) for number in range(len(parts))],
                "y": [round(part["alpha"], 4) for part in parts],
                "error_y": {
                    "type": "data",
                    "symmetric": False,
                    "array": [round(part["high"] - part["alpha"], 4) for part in parts],
                    "arrayminus": [round(part["alpha"] - part["low"], 4) for part in parts],
                    "thickness": 1.2,
                },
                "hovertemplate": "%{y:.2f}<extra>%{text}</extra>",
            }
        ],
        "layout": {
            "xaxis": {"type": "category"},
            "yaxis": {"range": [min(-0.02, *(part["low"] - 0.05 for part in parts)), 1.04], "dtick": 0.2},
            "showlegend": False,
            "margin": {"l": 40, "r": 16, "t": 12, "b": 36},
        },
    }
