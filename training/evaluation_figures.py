"""The charts of an evaluation, as Plotly figures in the theme's colours."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

from training.figures import Figure, plain


def reliability(found: Mapping[str, Any]) -> Figure:
    """Share right by confidence; on the diagonal a model is as good as it says."""
    bins = found.get("bins") or []
    figure = go.Figure()
    figure.add_bar(
        x=[(row["from"] + row["to"]) / 2 for row in bins],
        y=[row["accuracy"] for row in bins],
        width=[0.09 for _row in bins],
        customdata=[row["decisions"] for row in bins],
        name=_("share right"),
        hovertemplate="%{y:.3f} (%{customdata})",
    )
    figure.add_scatter(
        x=[row["confidence"] for row in bins],
        y=[row["confidence"] for row in bins],
        name=_("as sure as it says"),
        mode="lines+markers",
        line={"dash": "dot"},
        hovertemplate="%{y:.3f}",
    )
    figure.update_layout(
        xaxis={"title": {"text": _("confidence")}, "range": [0, 1.02], "dtick": 0.2},
        yaxis={"range": [0, 1.02], "dtick": 0.2},
        margin={"l": 40, "r": 16, "t": 36, "b": 44},
    )
    return plain(figure)


def slices(parts: Sequence[Mapping[str, Any]], *, names: Mapping[str, str]) -> Figure:
    """The figure of each part with its interval; the first part on top."""
    shown = list(parts)[::-1][-40:]
    figure = go.Figure()
    figure.add_scatter(
        x=[part["value"] for part in shown],
        y=[f"{names[part['kind']]}: {part['name']}" for part in shown],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [max(0.0, part["high"] - part["value"]) for part in shown],
            "arrayminus": [max(0.0, part["value"] - part["low"]) for part in shown],
        },
        opacity=1.0,
        marker={"size": 9, "opacity": [0.35 if part["small"] else 1.0 for part in shown]},
        mode="markers",
        customdata=[part["units"] for part in shown],
        hovertemplate="%{x:.3f} (%{customdata})",
        showlegend=False,
    )
    figure.update_layout(
        xaxis={"range": [min([0.0, *(part["low"] for part in shown)]), 1.02]},
        yaxis={"type": "category"},
        margin={"l": 110, "r": 16, "t": 12, "b": 36},
    )
    return plain(figure)
