"""Agreement as the quality page shows it: figures, tables and one chart for each field."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotations.aggregation.label_tables import NOTHING
from annotations.presenting import title_of
from annotations.quality import FieldQuality
from common.templatetags.show import percent
from tasks_app.fields.base import Field

# Krippendorff (2004), "Content Analysis", chapter 11: rely on .800, conclude tentatively from .667.
_RELIABLE, _TENTATIVE = 0.8, 0.667
_MOST_IN_MATRIX = 12
_MOST_IN_LIST = 20
Cell = dict[str, Any]
Row = list[Cell]


@dataclass(frozen=True)
class Table:
    title: str
    note: str
    columns: list[Cell]
    rows: list[Row]
    kind: str = ""


@dataclass(frozen=True)
class AgreementView:
    """`figures`: {label, value, note}; `chart`: a Plotly figure with its table, or nothing; all may be empty
    while too few items were answered twice."""

    field: FieldQuality
    word: str
    tone: str
    figures: list[dict[str, str]]
    tables: list[Table]
    chart: dict[str, Any] | None
    timeline: Table | None

    @property
    def chart_id(self) -> str:
        return f"agreement-{self.field.field}"


def agreement_views(fields: Sequence[FieldQuality], shapes: Sequence[Field]) -> list[AgreementView]:
    by_name = {shape.name: shape for shape in shapes}
    return [_view(field, by_name[field.field]) for field in fields]


def timeline_rows(fields: Sequence[FieldQuality]) -> Iterator[list[Any]]:
    """For a spreadsheet: every field's parts of time, after the figures of the whole."""
    yield ["field", "from", "to", "alpha", "low", "high", "units", "judgments"]
    for field in fields:
        for part in [field.measured, *field.measured.get("over_time", [])]:
            if "alpha" in part:
                figures = [round(part[key], 4) for key in ("alpha", "low", "high")]
                when = [part.get("start", ""), part.get("end", "")]
                yield [field.field, *when, *figures, part["units"], part["judgments"]]


def _view(field: FieldQuality, shape: Field) -> AgreementView:
    found = field.measured
    word, tone = _word(field.alpha)
    timeline = _timeline(found) if len(found.get("over_time", [])) > 1 else None
    tables = [_labels(field, shape), _confusion(found, shape), _pairs(found)]
    return AgreementView(
        field=field,
        word=word,
        tone=tone,
        figures=_figures(found),
        tables=[table for table in tables if table],
        chart=_chart(found) if timeline else None,
        timeline=timeline,
    )


def _word(alpha: float | None) -> tuple[str, str]:
    if alpha is None:
        return "", ""
    if alpha >= _RELIABLE:
        return _("reliable"), "good"
    return (_("tentative"), "warn") if alpha >= _TENTATIVE else (_("weak"), "bad")


def _figures(found: Mapping[str, Any]) -> list[dict[str, str]]:
    names = {
        "nominal": _("α, all differences alike"),
        "ordinal": _("α, by rank"),
        "interval": _("α, by distance"),
    }
    rows = [
        {"label": names[level], "value": _two(figures["alpha"]), "note": _range(figures)}
        for level, figures in found.get("levels", {}).items()
    ]
    kappa = found.get("kappa", {})
    kappas = (
        (_("Fleiss’ κ"), "fleiss", _("everybody together")),
        (_("Cohen’s κ"), "cohen", _("mean of two people")),
    )
    rows += [
        {"label": label, "value": _two(kappa[key]), "note": note}
        for label, key, note in kappas
        if kappa.get(key) is not None
    ]
    f1 = {"exact": _("F1, same span"), "token": _("F1, by word"), "link": _("F1, same link")}
    return rows + [
        {"label": f1[kind], "value": _two(figures["value"]), "note": _range(figures)}
        for kind, figures in found.get("f1", {}).items()
    ]


def _two(value: float) -> str:
    return f"{value:.2f}"


def _range(figures: Mapping[str, float]) -> str:
    return f"{figures['low']:.2f} – {figures['high']:.2f}"


def _name(shape: Field, label: str) -> str:
    return _("nothing") if label == NOTHING else title_of(shape, label)


def _number(value: Any) -> Cell:
    return {"text": value, "numeric": True}


def _labels(field: FieldQuality, shape: Field) -> Table | None:
    if not field.labels:
        return None
    titles = [_("Share"), _("Agreement"), _("Found"), _("Right")]
    return Table(
        title=_("Labels"),
        note=_(
            "Agreement: when one says it, how often another does too. Found and right: against the consensus."
        ),
        columns=[{"title": _("Label")}, *({"title": title, "numeric": True} for title in titles)],
        rows=[
            [
                {"text": _name(shape, label.label)},
                _number(percent(label.share, 1)),
                *(_number(percent(share)) for share in (label.agreement, label.found, label.right)),
            ]
            for label in field.labels
        ],
    )


def _confusion(found: Mapping[str, Any], shape: Field) -> Table | None:
    counts = {(row["true"], row["said"]): row["count"] for row in found.get("confused", [])}
    labels = {label for pair in counts for label in pair}
    order = [label for label in (*(shape.labels or shape.verdicts), NOTHING) if label in labels]
    order = list(dict.fromkeys(order))
    if len(order) < 2:
        return None
    return _matrix(counts, order, shape) if len(order) <= _MOST_IN_MATRIX else _list(counts, shape)


def _matrix(counts: Mapping[tuple[str, str], int], order: Sequence[str], shape: Field) -> Table:
    rows = []
    for true in order:
        total = sum(counts.get((true, said), 0) for said in order)
        if total:
            shares = [counts.get((true, said), 0) / total for said in order]
            cells = [_number(percent(share)) | {"heat": round(share * 5) or None} for share in shares]
            rows.append([{"text": _name(shape, true)}, *cells, _number(total)])
    said = [{"title": _name(shape, label), "numeric": True} for label in order]
    return Table(
        title=_("Consensus and annotators"),
        note=_("Rows: what the consensus says. Columns: what annotators said."),
        columns=[{"title": _("Consensus")}, *said, {"title": _("Judgments"), "numeric": True}],
        rows=rows,
        kind="heat",
    )


def _list(counts: Mapping[tuple[str, str], int], shape: Field) -> Table | None:
    wrong = sorted(((n, pair) for pair, n in counts.items() if pair[0] != pair[1]), reverse=True)
    if not wrong:
        return None
    return Table(
        title=_("Most often confused"),
        note="",
        columns=[
            {"title": _("Consensus")},
            {"title": _("Annotators said")},
            {"title": _("Judgments"), "numeric": True},
        ],
        rows=[
            [{"text": _name(shape, true)}, {"text": _name(shape, said)}, _number(n)]
            for n, (true, said) in wrong[:_MOST_IN_LIST]
        ],
    )


def _pairs(found: Mapping[str, Any]) -> Table | None:
    rows = found.get("pairs", [])
    if not rows:
        return None
    titles = [_("Items in common"), _("Alike"), _("Cohen’s κ")]
    return Table(
        title=_("Annotator to annotator"),
        note=_("Those with most items in common first."),
        columns=[
            {"title": _("Annotator")},
            {"title": _("and")},
            *({"title": title, "numeric": True} for title in titles),
        ],
        rows=[
            [
                *({"text": worker} for worker in row["workers"]),
                _number(row["items"]),
                _number(percent(row["agreement"])),
                _number("–" if row["kappa"] is None else _two(row["kappa"])),
            ]
            for row in rows
        ],
    )


def _when(found: Mapping[str, Any], part: Mapping[str, Any]) -> str:
    start, end = (datetime.fromisoformat(part[key]) for key in ("start", "end"))
    if found["step"] == "count":
        return f"{date_format(start, 'j M H:i')} – {date_format(end, 'H:i')}"
    if found["step"] == "week":
        return f"{date_format(start, 'j M')} – {date_format(end, 'j M')}"
    return str(date_format(start, "j M Y"))


def _timeline(found: Mapping[str, Any]) -> Table:
    return Table(
        title=_("Agreement over time"),
        note=_timeline_note(found),
        columns=[{"title": _("When")}]
        + [{"title": title, "numeric": True} for title in ("α", _("from"), _("to"), _("Units"))],
        rows=[
            [
                {"text": _when(found, part)},
                *(_number(_two(part[key])) for key in ("alpha", "low", "high")),
                _number(part["units"]),
            ]
            for part in found["over_time"]
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


def _chart(found: Mapping[str, Any]) -> dict[str, Any]:
    parts = found["over_time"]
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": [_when(found, part) for part in parts],
                "y": [round(part["alpha"], 4) for part in parts],
                "error_y": {
                    "type": "data",
                    "symmetric": False,
                    "array": [round(part["high"] - part["alpha"], 4) for part in parts],
                    "arrayminus": [round(part["alpha"] - part["low"], 4) for part in parts],
                    "thickness": 1.2,
                },
                "hovertemplate": "%{y:.2f}<extra>%{x}</extra>",
            }
        ],
        "layout": {
            "xaxis": {"type": "category"},
            "yaxis": {"range": [min(-0.02, *(part["low"] - 0.05 for part in parts)), 1.04], "dtick": 0.2},
            "showlegend": False,
            "margin": {"l": 40, "r": 16, "t": 12, "b": 60},
        },
    }
