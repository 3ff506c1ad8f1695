"""Input drift as a chart over time, with its table, and the labels whose share has changed most."""

import json
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from training.engine.stability import LARGE, SMALL
from training.models import DriftReading

MOST_LABELS = 20


def context(readings: Sequence[DriftReading]) -> dict[str, Any]:
    """What templates/training/drift.html takes, from readings with the oldest first."""
    last = readings[-1] if readings else None
    return {
        "last": last,
        "said": _said(last) if last else None,
        "figure": _figure(readings) if readings else None,
        "columns": _columns(),
        "rows": [_row(reading) for reading in reversed(readings)],
        "label_columns": [_("Label"), *({"title": t, "numeric": True} for t in (_("In training"), _("Now")))],
        "label_rows": _label_rows(last) if last else [],
    }


def _said(reading: DriftReading) -> dict[str, str]:
    """The state in words: the larger index that chance does not explain decides."""
    certain = [reading.embedding] if reading.embedding > reading.embedding_chance else []
    if reading.labels is not None and reading.labels > (reading.labels_chance or 0):
        certain.append(reading.labels)
    largest = max(certain, default=0.0)
    if largest >= LARGE:
        return {"text": _("Another population than the one that it learned from."), "tone": "bad"}
    if largest >= SMALL:
        return {"text": _("Something has changed; worth a look."), "tone": "warn"}
    return {"text": _("Nothing beyond what chance would do."), "tone": "good"}


def _figure(readings: Sequence[DriftReading]) -> dict[str, Any]:
    days = [reading.day.isoformat() for reading in readings]
    figure = go.Figure()
    for name, values in (
        (_("texts"), [reading.embedding for reading in readings]),
        (_("labels"), [reading.labels for reading in readings]),
    ):
        figure.add_scatter(x=days, y=values, name=name, mode="lines+markers", hovertemplate="%{y:.3f}")
    for bar, name in ((SMALL, _("worth a look")), (LARGE, _("another population"))):
        figure.add_scatter(
            x=[days[0], days[-1]], y=[bar, bar], name=f"{name} ({bar:g})", mode="lines",
            line={"dash": "dot", "width": 1}, hoverinfo="skip",
        )  # fmt: skip
    figure.update_layout(
        xaxis={"type": "date"},
        yaxis={"title": {"text": _("stability index")}, "rangemode": "tozero"},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        margin={"l": 56, "r": 16, "t": 36, "b": 44},
    )
    made: dict[str, Any] = json.loads(figure.to_json())
    made["layout"].pop("template", None)
    return made


def _columns() -> list[Any]:
    numbers = (_("Texts"), _("by chance up to"), _("Labels"), _("by chance up to"), _("Items"))
    return [_("Day"), _("Version"), *({"title": title, "numeric": True} for title in numbers), _("Seen as")]


def _row(reading: DriftReading) -> list[Any]:
    numbers = (reading.embedding, reading.embedding_chance, reading.labels, reading.labels_chance)
    source = _("questions asked") if reading.source == "predictions" else _("items imported")
    return [
        reading.day.isoformat(),
        str(reading.version.number),
        *({"text": "–" if value is None else f"{value:.3f}", "numeric": True} for value in numbers),
        {"text": f"{reading.items:,}", "numeric": True},
        source,
    ]


def _label_rows(reading: DriftReading) -> list[Any]:
    moved = sorted(reading.shares.items(), key=lambda entry: -abs(entry[1][1] - entry[1][0]))
    return [
        [label, *({"text": f"{share:.1%}", "numeric": True} for share in shares)]
        for label, shares in moved[:MOST_LABELS]
    ]
