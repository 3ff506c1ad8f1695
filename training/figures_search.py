"""The pictures of a search, as Plotly figures. Colours, fonts and grids come from the page's theme."""

from collections.abc import Sequence
from math import log10
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from training.figures import Figure, plain
from training.models import Trial

Space = dict[str, dict[str, Any]]
MOST_LINES = 60
GREY = "rgb(128, 128, 128)"  # between light and dark, so that one colour stands out in both themes


def history(trials: Sequence[Trial], metric: str) -> Figure:
    """The dev figure of each trial, and the best so far as a step line."""
    judged = [trial for trial in trials if trial.value is not None]
    figure = go.Figure()
    for state, name in (
        ("complete", _("trained to its end")),
        ("pruned", _("cut short")),
        ("stopped", _("cut short by the time")),
    ):
        of_state = [trial for trial in judged if trial.state == state]
        if of_state:
            figure.add_scatter(
                x=[trial.number for trial in of_state], y=[trial.value for trial in of_state], name=name,
                mode="markers", hovertemplate="%{y:.4f}",
                marker={"size": 9, "symbol": "circle" if state == "complete" else "x-thin-open"},
            )  # fmt: skip
    best, line = None, []
    for trial in judged:
        if trial.state == Trial.State.COMPLETE:
            best = trial.value if best is None else max(best, trial.value or 0.0)
        line.append(best)
    figure.add_scatter(
        x=[trial.number for trial in judged], y=line, name=_("best so far"), mode="lines",
        line={"shape": "hv"}, hovertemplate="%{y:.4f}",
    )  # fmt: skip
    figure.update_layout(
        xaxis={"title": {"text": _("trial")}, "dtick": max(1, len(trials) // 12)},
        yaxis={"title": {"text": _("%s on dev") % metric}},
        margin={"l": 56, "r": 16, "t": 36, "b": 44},
    )
    return plain(figure)


def importance(shares: dict[str, float]) -> Figure:
    """One bar for each setting: its share in how the figures differ."""
    rows = sorted(shares.items(), key=lambda pair: pair[1])
    figure = go.Figure()
    figure.add_bar(
        x=[share for _name, share in rows], y=[words(name) for name, _share in rows], orientation="h",
        hovertemplate="%{x:.0%}",
    )  # fmt: skip
    figure.update_layout(
        xaxis={"tickformat": ".0%", "range": [0, 1]}, yaxis={"type": "category"}, showlegend=False,
        margin={"l": 140, "r": 16, "t": 12, "b": 44},
    )  # fmt: skip
    return plain(figure)


def parallel(trials: Sequence[Trial], space: Space, metric: str) -> Figure:
    """A line for each trial over its settings, each scaled to its range; the best one in the accent.

    Drawn as plain lines: Plotly's own parallel coordinates compile code, which the page's policy forbids.
    """
    judged = sorted((t for t in trials if t.value is not None and t.params), key=lambda t: t.value or 0.0)
    judged = judged[-MOST_LINES:][::-1]
    low, high = (judged[-1].value or 0.0, judged[0].value or 0.0) if judged else (0.0, 1.0)
    figure = go.Figure()
    for trial in judged:
        shares = [place_in(space[name], trial.params.get(name)) for name in space]
        height = ((trial.value or 0.0) - low) / (high - low) if high > low else 1.0
        best = trial is judged[0]
        figure.add_scatter(
            x=[*(words(name) for name in space), metric], y=[*shares, height], mode="lines+markers",
            name=_("trial %d") % trial.number, opacity=1.0 if best else 0.15 + 0.45 * height,
            line={"width": 3} if best else {"width": 1.5, "color": GREY}, showlegend=best,
            text=[*(shown(trial.params.get(name)) for name in space), shown(trial.value)],
            hovertemplate="%{x}: %{text}",
        )  # fmt: skip
    figure.update_layout(
        xaxis={"type": "category"}, yaxis={"range": [-0.05, 1.05], "showticklabels": False},
        margin={"l": 24, "r": 24, "t": 36, "b": 60},
    )  # fmt: skip
    return plain(figure)


def place_in(entry: dict[str, Any], value: Any) -> float | None:
    """Where a setting's value lies in its range, 0..1; of choices, evenly in their order."""
    if value is None:
        return None
    if "choices" in entry:
        choices = entry["choices"]
        return float(choices.index(value) / (len(choices) - 1)) if value in choices else None
    low, high = float(entry["low"]), float(entry["high"])
    if entry.get("log"):
        low, high, value = log10(low), log10(high), log10(value)
    return (float(value) - low) / (high - low)


def words(name: str) -> str:
    return name.replace("_", " ")


def shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else "–" if value is None else str(value)
