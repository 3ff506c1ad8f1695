"""What the pages of a monitor show: a topic's series with its usual range, alerts, and tables of both."""

from collections.abc import Iterable, Sequence
from typing import Any

import plotly.graph_objects as go
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from applications.finance_monitor.models import Alert, Monitor
from applications.finance_monitor.presenting import series_json
from applications.finance_monitor.replaying import Replay, Seen
from tasks_app.models import Project
from training.figures import plain

MOST_ROWS = 200


def topic_titles(project: Project) -> dict[str, str]:
    """Of the labels of the project's topic field, in the reader's language."""
    version = project.schema_versions.order_by("-number").first()
    fields = version.fields if version else []
    labels: list[Any] = next((field.get("labels", []) for field in fields if field["name"] == "topic"), [])
    key = "title_zh" if (get_language() or "").startswith("zh") else "title"
    named = [label if isinstance(label, dict) else {"name": label} for label in labels]
    return {label["name"]: label.get(key) or label.get("title") or label["name"] for label in named}


def figure_of(seen: Seen, alerts: Sequence[Alert]) -> dict[str, Any]:
    """The negative share by bin, the usual range as a band, alerts as marks."""
    rows = series_json(seen)
    starts = [row["start"].isoformat() for row in rows]
    figure = go.Figure()
    band = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "connectgaps": False}
    figure.add_scatter(x=starts, y=[row["low"] for row in rows], showlegend=False, **band)
    figure.add_scatter(
        x=starts, y=[row["high"] for row in rows], name=_("usual range"), fill="tonexty",
        fillcolor="rgba(13, 148, 136, 0.16)", **band,
    )  # fmt: skip
    figure.add_scatter(
        x=starts, y=[row["usual"] for row in rows], name=_("usual share"), mode="lines",
        line={"dash": "dot", "width": 1}, hovertemplate="%{y:.0%}",
    )  # fmt: skip
    figure.add_scatter(
        x=starts, y=[row["negative"] / row["texts"] if row["texts"] else None for row in rows],
        name=_("negative share"), mode="lines+markers", marker={"size": 4},
        text=[f"{row['negative']} / {row['texts']}" for row in rows], hovertemplate="%{y:.0%} (%{text})",
    )  # fmt: skip
    _mark(figure, alerts, starts[0] if starts else "")
    figure.update_layout(
        yaxis={"range": [-0.02, 1.05], "tickformat": ".0%"}, xaxis={"type": "date"},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        margin={"l": 48, "r": 16, "t": 44, "b": 44},
    )  # fmt: skip
    return plain(figure)


def _mark(figure: go.Figure, alerts: Sequence[Alert], since: str) -> None:
    shown = [alert for alert in alerts if alert.start.isoformat() >= since[:10]]
    if shown:
        figure.add_scatter(
            x=[alert.start.isoformat() for alert in shown], y=[alert.share for alert in shown],
            name=_("alert"), mode="markers",
            marker={"symbol": "diamond-open", "size": 14, "color": "#b91c1c", "line": {"width": 2}},
            hovertemplate="%{y:.0%}",
        )  # fmt: skip


def series_columns() -> list[Any]:
    numbers = (_("Texts"), _("Negative"), _("Share"), _("Usual"), _("Usual up to"))
    return [_("Begins"), *({"title": title, "numeric": True} for title in numbers)]


def series_rows(seen: Seen) -> list[list[Any]]:
    """Newest first, at most MOST_ROWS; the download has all."""
    rows = series_json(seen)[-MOST_ROWS:]
    return [_series_row(row) for row in reversed(rows)]


def _series_row(row: dict[str, Any]) -> list[Any]:
    share = row["negative"] / row["texts"] if row["texts"] else None
    numbers = [
        str(row["texts"]),
        str(row["negative"]),
        *(_share(v) for v in (share, row["usual"], row["high"])),
    ]
    begins = f"{row['start']:%Y-%m-%d %H:%M}"
    return [begins, *({"text": text, "numeric": True} for text in numbers)]


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def alert_columns() -> list[Any]:
    numbers = (_("Negative"), _("Share"), _("Usual up to"))
    return [_("Topic"), _("Begins"), *({"title": title, "numeric": True} for title in numbers), _("Judged")]


def alert_rows(monitor: Monitor, alerts: Iterable[Alert], titles: dict[str, str]) -> list[list[Any]]:
    return [
        [
            {
                "text": titles.get(alert.topic, alert.topic),
                "href": reverse("finance-monitor-alert", args=[monitor.pk, alert.pk]),
            },
            f"{alert.start:%Y-%m-%d %H:%M} UTC",
            {"text": f"{alert.negative} / {alert.total}", "numeric": True},
            {"text": _share(alert.share), "numeric": True},
            {"text": _share(alert.high), "numeric": True},
            judged_cell(alert.judged_true),
        ]
        for alert in alerts
    ]


def judged_cell(true: bool | None) -> dict[str, str]:
    if true is None:
        return {"text": _("not judged"), "tone": ""}
    return {"text": _("right"), "tone": "good"} if true else {"text": _("false alarm"), "tone": "bad"}


def replay_context(found: Replay, titles: dict[str, str]) -> dict[str, Any]:
    numbers = (_("Negative"), _("Usual"))
    rows = [
        [
            titles.get(one.topic, one.topic),
            f"{one.start:%Y-%m-%d %H:%M}",
            f"{one.end:%Y-%m-%d %H:%M} UTC",
            {"text": f"{one.negative} / {one.total}", "numeric": True},
            {"text": _share(one.expected), "numeric": True},
            judged_cell(one.judged),
        ]
        for one in found.alerts
    ]
    false = sum(one.judged is False for one in found.alerts)
    columns = [_("Topic"), _("Begins"), _("Ends")]
    return {
        "found": found,
        "false": false,
        "allowed": f"{found.allowed:.1f}",
        "columns": [*columns, *({"title": title, "numeric": True} for title in numbers), _("Judged")],
        "rows": rows,
    }
