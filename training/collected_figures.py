"""Pictures of what was collected. A mark that stands for an item leads to it (see static/js/chart.js)."""

from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go
from django.utils.translation import gettext as _

from training.analysis.looking import Course
from training.analysis.topics import NO_TOPIC
from training.collected import Collected, texts_at
from training.collected_tables import Table, title_of
from training.figures import Figure, plain

MOST_POINTS = 3_000  # on the map; more are drawn slowly and lie on one another
MOST_LINES = 8
_SAID = 90  # characters of a text under the pointer
ITEMS = "/items/"


def topic_map(found: Collected) -> Figure:
    """Each mark is a turn; near ones say similar things. Drag to zoom, double-click to see all again."""
    turns = found.look.all_turns
    rows = _spread(np.flatnonzero(found.look.turns))
    places = found.where(rows)
    texts = texts_at(found.project, places)
    said = np.array([escape(texts.get(place, "")[:_SAID]) for place in places], dtype=object)
    figure = go.Figure()
    for number in (NO_TOPIC, *range(len(found.topics))):
        mine = turns.topic[rows] == number
        if mine.any():
            name, colour = _look_of(found, number)
            figure.add_scatter(
                x=np.round(turns.x[rows[mine]], 3).tolist(), y=np.round(turns.y[rows[mine]], 3).tolist(),
                mode="markers", name=escape(name), text=said[mine].tolist(),
                customdata=[f"{item}/" for item in turns.id[rows[mine]]],
                hovertemplate="%{text}<extra>" + escape(name) + "</extra>",
                marker={"size": 5, "opacity": 0.75}, meta={"href": ITEMS, "colour": colour},
            )  # fmt: skip
    hidden = {"visible": False, "fixedrange": False}
    figure.update_layout(
        xaxis=hidden, yaxis={**hidden, "scaleanchor": "x"}, showlegend=False, hovermode="closest",
        dragmode="zoom", margin={"l": 4, "r": 4, "t": 4, "b": 4},
    )  # fmt: skip
    return plain(figure)


def _spread(rows: np.ndarray[Any, np.dtype[np.int64]]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """At most MOST_POINTS of them, drawn once and for all for the same rows."""
    if len(rows) <= MOST_POINTS:
        return rows
    return np.sort(np.random.default_rng(0).choice(rows, MOST_POINTS, replace=False))


def _look_of(found: Collected, number: int) -> tuple[str, str]:
    if number == NO_TOPIC:
        return _("no topic"), "--ink-3"
    return title_of(found.topics[number]), f"--l{found.topics[number]['colour'] + 1}"


def topic_sizes(found: Collected) -> Figure:
    """Turns of the largest topics by day, week or month."""
    when, counts = found.look.topics_over_time(len(found.topics))
    figure = go.Figure()
    for number in np.argsort(-counts.sum(axis=0), kind="stable")[:MOST_LINES]:
        name, colour = _look_of(found, int(number))
        figure.add_scatter(
            x=[start.isoformat() for start in when.starts], y=counts[:, number].tolist(), name=escape(name),
            mode="lines+markers", meta={"colour": colour},
        )  # fmt: skip
    figure.update_layout(
        xaxis={"type": "date"}, yaxis={"rangemode": "tozero", "title": {"text": _("turns")}},
        hovermode="x unified", margin={"l": 56, "r": 16, "t": 60, "b": 40},
    )  # fmt: skip
    return plain(figure)


def course_shares(course: Course) -> Figure:
    """The share of each label in each tenth of a dialogue, from its beginning to its end."""
    parts = [f"{round(100 * part / len(course.shares))} %" for part in range(len(course.shares))]
    figure = go.Figure()
    for column, label in enumerate(course.labels):
        figure.add_bar(
            x=parts, y=course.shares[:, column].tolist(), name=escape(label), hovertemplate="%{y:.1%}",
            meta={"colour": f"--l{column % 8 + 1}"},
        )  # fmt: skip
    figure.update_layout(
        barmode="stack", bargap=0.08, yaxis={"tickformat": ".0%", "range": [0, 1]},
        xaxis={"type": "category", "title": {"text": _("place in the dialogue")}},
        margin={"l": 48, "r": 16, "t": 60, "b": 48},
    )  # fmt: skip
    return plain(figure)


def course_flows(course: Course) -> Figure:
    """Dialogues by their first label (a bar each), and which label they end with (its parts)."""
    counts = {(begin, end): count for begin, end, count in course.flows}
    figure = go.Figure()
    for column, label in enumerate(course.labels):
        figure.add_bar(
            x=[escape(begin) for begin in course.labels],
            y=[counts.get((begin, label), 0) for begin in course.labels],
            name=escape(label), hovertemplate="%{y}", meta={"colour": f"--l{column % 8 + 1}"},
        )  # fmt: skip
    figure.update_layout(
        barmode="stack", xaxis={"type": "category", "title": {"text": _("first label")}},
        yaxis={"rangemode": "tozero", "title": {"text": _("dialogues, by last label")}},
        margin={"l": 56, "r": 16, "t": 60, "b": 48},
    )  # fmt: skip
    return plain(figure)


def bars(table: Table, x: str, y: str, *, title: str) -> Figure:
    """One bar for each row of a table, `y` over `x`."""
    records = table.records()
    figure = go.Figure()
    figure.add_bar(
        x=[escape(str(row[x])) for row in records], y=[row[y] for row in records], hovertemplate="%{y}"
    )
    figure.update_layout(
        xaxis={"type": "category", "title": {"text": title}}, yaxis={"rangemode": "tozero"},
        margin={"l": 56, "r": 16, "t": 12, "b": 56},
    )  # fmt: skip
    return plain(figure)
