"""What the page of feedback cases shows."""

import json
from typing import Any

import plotly.graph_objects as go
from django.db.models import Count
from django.utils.translation import gettext as _

from training import satisfaction
from training.figures import plain
from training.models import FeedbackCase, Model

State = FeedbackCase.State


def state_name(state: str) -> str:
    return {
        State.NEW: _("new"), State.TASK: _("being asked"), State.LEARNED: _("learned"),
        State.DISMISSED: _("dismissed"),
    }[State(state)]  # fmt: skip


def tabs(model: Model, current: str) -> list[dict[str, Any]]:
    """One for each state with how many there are, and one for all."""
    counts = dict(model.cases.order_by().values_list("state").annotate(n=Count("pk")))
    shown = [(state, state_name(state), counts.get(state, 0)) for state in State.values]
    shown.append(("all", _("all"), sum(counts.values())))
    return [{"state": s, "label": name, "count": n, "current": s == current} for s, name, n in shown]


def value_in_words(value: Any) -> str:
    if value is None or isinstance(value, str | int | float):
        return str(value) if value is not None else "–"
    return json.dumps(value, ensure_ascii=False)


def satisfaction_chart(model: Model) -> dict[str, Any]:
    """The share of content voices by week, a line for each version, with its interval; and the table."""
    weeks = satisfaction.by_week(model)
    figure = go.Figure()
    for number in sorted({one.version for one in weeks}):
        part = [one for one in weeks if one.version == number]
        low, high = zip(*(one.interval for one in part), strict=True)
        shares = [one.share for one in part]
        figure.add_scatter(
            x=[one.week.isoformat() for one in part], y=shares, name=_("version %d") % number,
            mode="lines+markers", hovertemplate="%{y:.0%}",
            error_y={"type": "data", "symmetric": False, "thickness": 1,
                     "array": [b - s for b, s in zip(high, shares, strict=True)],
                     "arrayminus": [s - a for a, s in zip(low, shares, strict=True)]},
        )  # fmt: skip
    figure.update_layout(
        xaxis={"type": "category"},
        yaxis={"range": [0, 1.02], "tickformat": ".0%"},
        margin={"l": 48, "r": 16, "t": 28, "b": 40},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )
    return {
        "weeks": bool(weeks),
        "chart": plain(figure),
        "columns": [_("Week from Monday"), _("Version"), _("Voices"), _("Content"), _("95 %"), _("Stars")],
        "rows": [_line(one) for one in reversed(weeks)],
    }


def _line(one: satisfaction.Week) -> list[str]:
    low, high = one.interval
    stars = "–" if one.stars is None else f"{one.stars:.1f}"
    return [
        one.week.isoformat(),
        str(one.version),
        str(one.voices),
        f"{one.share:.0%}",
        f"{low:.0%}–{high:.0%}",
        stars,
    ]
