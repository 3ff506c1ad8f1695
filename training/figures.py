"""The charts of a run, as Plotly figures. Colours, fonts and grids come from the page's theme."""

import json
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from training.journal import Point

Figure = dict[str, Any]
MOST_POINTS = 400


def learning_curves(points: Sequence[Point], *, metric: str) -> Figure:
    """Training loss (left) and the dev figure (right, 0 to 1) by step."""
    steps = [point for point in points if point.kind == "step"]
    evals = [point for point in points if point.kind == "eval"]
    figure = go.Figure()
    for seed, part in by_seed(evals):
        figure.add_scatter(
            x=[step_of(point) for point in part],
            y=[point.values.get("value") for point in part],
            name=_("%s on dev") % metric + seed,
            mode="lines+markers",
            yaxis="y2",
            hovertemplate="%{y:.3f}",
        )
    for seed, part in by_seed(steps):
        x, loss = _thinned(part, "loss")
        name = _("training loss") + seed
        figure.add_scatter(x=x, y=loss, name=name, mode="lines", hovertemplate="%{y:.4f}")
    figure.update_layout(
        xaxis={"title": {"text": _("step")}, "rangemode": "tozero"},
        yaxis={"title": {"text": _("loss")}, "rangemode": "tozero"},
        yaxis2={"overlaying": "y", "side": "right", "range": [0, 1.02], "showgrid": False, "dtick": 0.2},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        margin={"l": 56, "r": 40, "t": 36, "b": 44},
        hovermode="x unified",
    )  # fmt: skip
    return plain(figure)


def speed(points: Sequence[Point]) -> Figure:
    """Tokens per second by step, without padding."""
    return _by_step(points, "tokens_per_second", _("tokens per second"), ",.0f")


def learning_rate(points: Sequence[Point]) -> Figure:
    """The encoder's rate by step: up over the warm-up, then down."""
    return _by_step(points, "learning_rate", _("learning rate"), ".2~e")


def memory(points: Sequence[Point]) -> Figure:
    """The most memory in use so far by step, in MiB: the card's if there is one, else the process's."""
    return _by_step(points, "memory_mb", _("memory, MiB"), ",.0f")


def _by_step(points: Sequence[Point], value: str, name: str, form: str) -> Figure:
    figure = go.Figure()
    for seed, part in by_seed([point for point in points if point.kind == "step"]):
        x, y = _thinned(part, value)
        figure.add_scatter(x=x, y=y, name=name + seed, mode="lines", hovertemplate=f"%{{y:{form}}}")
    figure.update_layout(
        xaxis={"title": {"text": _("step")}, "rangemode": "tozero"},
        yaxis={"rangemode": "tozero", "tickformat": form},
        showlegend=len(figure.data) > 1,
        margin={"l": 64, "r": 16, "t": 12, "b": 44},
    )
    return plain(figure)


def by_seed(points: Sequence[Point]) -> list[tuple[str, list[Point]]]:
    """The points of each seed, and what to write behind the name of its line: nothing for one seed."""
    parts: dict[Any, list[Point]] = {}
    for point in points:
        parts.setdefault(point.values.get("seed"), []).append(point)
    named = [("" if seed is None else _(", seed %d") % seed, part) for seed, part in parts.items()]
    return named or [("", [])]


def step_of(point: Point) -> int:
    """Within its seed."""
    return int(point.values.get("seed_step", point.step))


def label_scores(reports: Sequence[tuple[str, dict[str, Any]]], labels: Sequence[str]) -> Figure:
    """F1 per label, one bar for each named report (candidate, production, baseline)."""
    figure = go.Figure()
    for name, report in reports:
        scores = [report["labels"].get(label, {}).get("f1", 0.0) for label in labels]
        figure.add_bar(x=list(labels), y=scores, name=name, hovertemplate="%{y:.3f}")
    figure.update_layout(
        barmode="group",
        xaxis={"type": "category"},
        yaxis={"range": [0, 1.02], "tickformat": ".1f"},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        margin={"l": 40, "r": 16, "t": 36, "b": 44},
    )
    return plain(figure)


def _thinned(points: Sequence[Point], name: str) -> tuple[list[int], list[float | None]]:
    """At most MOST_POINTS means of neighbouring points: a picture has no room for more."""
    size = -(-len(points) // MOST_POINTS) or 1
    x, y = [], []
    for start in range(0, len(points), size):
        part = points[start : start + size]
        values = [value for point in part if (value := point.values.get(name)) is not None]
        x.append(step_of(part[-1]))
        y.append(sum(values) / len(values) if values else None)
    return x, y


def plain(figure: go.Figure) -> Figure:
    """As JSON, without Plotly's template: the page brings its own colours."""
    made: Figure = json.loads(figure.to_json())
    made["layout"].pop("template", None)
    return made
