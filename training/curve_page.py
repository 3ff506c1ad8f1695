"""A learning curve as the run's page shows it."""

from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from training import tables
from training.engine.evaluation.learning_curve import Curve
from training.figures import Figure, plain
from training.models import LearningCurve, Run
from training.words import metric_name

_PICTURE_POINTS = 40


@dataclass
class CurvePage:
    """The newest curve of a run, if there is one."""

    run: Run

    @cached_property
    def curve(self) -> LearningCurve | None:
        return self.run.curves.order_by("-created_at").first()

    @property
    def can_start(self) -> bool:
        tested = self.run.state == Run.State.SUCCEEDED and bool((self.run.report or {}).get("test"))
        return tested and not (self.curve and self.curve.is_live)

    @property
    def points(self) -> list[dict[str, Any]]:
        return [point for point in (self.curve.points if self.curve else []) if point["value"] is not None]

    @property
    def percent(self) -> int:
        if not self.curve or not self.curve.planned:
            return 0
        return round(100 * len(self.curve.points) / self.curve.planned)

    @property
    def metric_label(self) -> str:
        return metric_name(self.curve.metric) if self.curve else ""

    @property
    def sentence(self) -> str:
        """Such as "500 more items: about +1.4 accuracy (between 0.3 and 2.2)", or why there is none."""
        said = (self.curve.forecast if self.curve else None) or {}
        if said.get("reason") == "too_few":
            return _("Too few points for a forecast: it takes four amounts of data and six trainings.")
        if said.get("reason") == "noise":
            return _("No forecast: the scores scatter more than they rise with the data.")
        if not said or said["more"] < 1:
            return ""
        text: str = _(
            "%(more)d more items: about %(gain)+.1f %(metric)s (between %(low).1f and %(high).1f), in points."
        )
        numbers = {name: 100 * said[name] for name in ("gain", "low", "high")}
        return text % {"more": said["more"], "metric": self.metric_label, **numbers}

    @property
    def note(self) -> str:
        if not self.curve:
            return ""
        if self.curve.mode == LearningCurve.Mode.QUICK:
            return _("quick: last layer on the untouched encoder; fine-tuning lies higher")
        return _("the run's recipe with 4 epochs")

    @property
    def figure(self) -> Figure:
        points = self.points
        figure = go.Figure()
        figure.add_scatter(
            x=[point["examples"] for point in points], y=[point["value"] for point in points],
            name=self.metric_label, mode="markers", hovertemplate="%{x}: %{y:.3f}",
        )  # fmt: skip
        said = (self.curve.forecast if self.curve else None) or {}
        if said.get("curve") and not said["reason"]:
            curve, first = Curve(**said["curve"]), min(point["examples"] for point in points)
            last = said["now"] + said["more"]
            steps = [first + (last - first) * k / _PICTURE_POINTS for k in range(_PICTURE_POINTS + 1)]
            figure.add_scatter(
                x=steps, y=[curve.at(step) for step in steps], name=_("fitted and forecast"), mode="lines",
                line={"dash": "dot"}, hovertemplate="%{x:.0f}: %{y:.3f}",
            )  # fmt: skip
        figure.update_layout(
            xaxis={"title": {"text": _("training items")}, "rangemode": "tozero"},
            yaxis={"tickformat": ".2f"},
            margin={"l": 48, "r": 16, "t": 36, "b": 44},
        )
        return plain(figure)

    @property
    def columns(self) -> list[dict[str, Any]]:
        names = [_("training items"), _("draw"), self.metric_label]
        return [{"title": _("Share")}, *({"title": name, "numeric": True} for name in names)]

    @property
    def rows(self) -> list[tables.Row]:
        return [
            [{"text": f"{100 * point['share']:g} %"}, *map(tables.number, (
                f"{point['examples']:,}", str(point["draw"] + 1), f"{point['value']:.3f}",
            ))]
            for point in self.points
        ]  # fmt: skip
