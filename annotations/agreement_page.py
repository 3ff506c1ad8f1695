"""Agreement as the quality page shows it: figures, tables and one chart for each field."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from annotations.aggregation.label_tables import NOTHING
from annotations.agreement_timeline import Table, number_cell, timeline_chart, timeline_table, two_places
from annotations.presenting import title_of
from annotations.quality import FieldQuality
from common.templatetags.show import percent
from tasks_app.fields.base import Field

# Krippendorff (2004), "Content Analysis", chapter 11: rely on .800, conclude tentatively from .667.
_RELIABLE, _TENTATIVE = 0.8, 0.667
_MOST_IN_MATRIX = 12
_MOST_IN_LIST = 20
_MOST_OVER_TIME = 6


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
    yield ["field", "from", "to", "label", "alpha", "low", "high", "agreement", "units", "judgments"]
    for field in fields:
        whole = {**field.measured, "labels": {row.label: row.agreement for row in field.labels}}
        for part in [whole, *field.measured.get("over_time", [])]:
            if "alpha" in part:
                yield from _part_rows(field.field, part)


def _part_rows(name: str, part: Mapping[str, Any]) -> Iterator[list[Any]]:
    """All labels together by alpha, then each by how often another says it too."""
    when = [part.get("start", ""), part.get("end", "")]
    alpha = [round(part[key], 4) for key in ("alpha", "low", "high")]
    yield [name, *when, "", *alpha, "", part["units"], part["judgments"]]
    for label, agreement in part.get("labels", {}).items():
        if agreement is not None:
            yield [name, *when, label, "", "", "", round(agreement, 4), "", ""]


def _view(field: FieldQuality, shape: Field) -> AgreementView:
    found = field.measured
    word, tone = _word(field.alpha)
    names = {row.label: _name(shape, row.label) for row in field.labels[:_MOST_OVER_TIME]}
    timeline = timeline_table(found, names) if len(found.get("over_time", [])) > 1 else None
    tables = [_labels(field, shape), _confusion(found, shape), _pairs(found)]
    return AgreementView(
        field=field,
        word=word,
        tone=tone,
        figures=_figures(found),
        tables=[table for table in tables if table],
        chart=timeline_chart(found) if timeline else None,
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
        {"label": names[level], "value": two_places(figures["alpha"]), "note": _range(figures)}
        for level, figures in found.get("levels", {}).items()
    ]
    kappa = found.get("kappa", {})
    kappas = (
        (_("Fleiss κ"), "fleiss", _("everybody together")),
        (_("Cohen κ"), "cohen", _("mean of two people")),
    )
    rows += [
        {"label": label, "value": two_places(kappa[key]), "note": note}
        for label, key, note in kappas
        if kappa.get(key) is not None
    ]
    f1 = {"exact": _("F1, same span"), "token": _("F1, by word"), "link": _("F1, same link")}
    return rows + [
        {"label": f1[kind], "value": two_places(figures["value"]), "note": _range(figures)}
        for kind, figures in found.get("f1", {}).items()
    ]


def _range(figures: Mapping[str, float]) -> str:
    return f"{figures['low']:.2f} – {figures['high']:.2f}"


def _name(shape: Field, label: str) -> str:
    return _("nothing") if label == NOTHING else title_of(shape, label)


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
                number_cell(percent(label.share, 1)),
                *(number_cell(percent(share)) for share in (label.agreement, label.found, label.right)),
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
            cells = [number_cell(percent(share)) | {"heat": round(share * 5) or None} for share in shares]
            rows.append([{"text": _name(shape, true)}, *cells, number_cell(total)])
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
            [{"text": _name(shape, true)}, {"text": _name(shape, said)}, number_cell(n)]
            for n, (true, said) in wrong[:_MOST_IN_LIST]
        ],
    )


def _pairs(found: Mapping[str, Any]) -> Table | None:
    rows = found.get("pairs", [])
    if not rows:
        return None
    titles = [_("Items in common"), _("Alike"), _("Cohen κ")]
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
                number_cell(row["items"]),
                number_cell(percent(row["agreement"])),
                number_cell("–" if row["kappa"] is None else two_places(row["kappa"])),
            ]
            for row in rows
        ],
    )
