"""A run's curves as a table: for whoever reads no pictures."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from training.figures import step_of
from training.journal import Point
from training.tables import Row

MOST_ROWS = 24
_SHOWN = (
    ("loss", "{:.4f}"), ("learning_rate", "{:.2e}"), ("tokens_per_second", "{:,.0f}"),
    ("memory_mb", "{:,.0f}"),
)  # fmt: skip


def columns() -> list[dict[str, Any]]:
    titles = [_("step"), _("loss"), _("learning rate"), _("tokens per second"), _("memory, MiB")]
    return [{"title": title, "numeric": True} for title in titles]


def rows(points: Sequence[Point]) -> list[Row]:
    """Evenly chosen steps, the last one among them."""
    steps = [point for point in points if point.kind == "step"]
    every = -(-len(steps) // MOST_ROWS) or 1
    chosen = steps[::-1][::every][::-1]
    return [[_cell(str(step_of(point))), *(_value(point, *one) for one in _SHOWN)] for point in chosen]


def _value(point: Point, name: str, form: str) -> dict[str, Any]:
    value = point.values.get(name)
    return _cell("–" if value is None else form.format(value))


def _cell(text: str) -> dict[str, Any]:
    return {"text": text, "numeric": True}
