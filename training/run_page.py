"""A run as its page and its live fragment show it."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from training import figures, registration, tables
from training.journal import Point
from training.models import ModelVersion, Run
from training.seed_spread import SeedSpread
from training.words import TONES, baseline_name, duration, metric_name, state_name


@dataclass
class RunPage:
    """Reads the run's points once; everything else is worked out when a template asks for it."""

    run: Run
    version: ModelVersion | None = None
    points: list[Point] = field(default_factory=list)
    metric: str = ""
    dev: dict[str, Any] = field(default_factory=dict)
    step: dict[str, Any] = field(default_factory=dict)
    epochs_done: int = 0

    @classmethod
    def of(cls, run: Run) -> "RunPage":
        points = [Point(p.kind, p.step, p.values) for p in run.points.order_by("step")]
        evals = [point.values for point in points if point.kind == "eval"]
        steps = [point.values for point in points if point.kind == "step"]
        best = max(evals, key=lambda values: values.get("value") or 0.0, default={})
        return cls(
            run=run,
            version=getattr(run, "version", None),
            points=points,
            metric=str(best.get("metric") or registration.metric_of(run)),
            dev=best,
            step=steps[-1] if steps else {},
            epochs_done=len(evals),
        )

    @classmethod
    def brief(cls, run: Run) -> "RunPage":
        """For a line in a list: without the points."""
        version = getattr(run, "version", None)
        return cls(run=run, version=version, metric=version.metrics["metric"] if version else "")

    @property
    def status(self) -> str:
        left = duration(self.run.seconds_left) if self.run.state == Run.State.RUNNING else ""
        return _("running, %s left") % left if left else state_name(self.run.state)

    @property
    def tone(self) -> str:
        return TONES[self.run.state]

    @property
    def percent(self) -> int:
        return round(self.run.progress * 100)

    @property
    def epoch(self) -> str:
        if "epoch" not in self.step:
            return ""
        step, total = self.last_step, self.step.get("total_steps")
        seed = _("seed %d, ") % self.step["seed"] if "seed" in self.step else ""
        return seed + _("epoch %(epoch)d, step %(step)d of %(total)s") % {
            "epoch": int(self.step["epoch"]) + 1, "step": step, "total": total,
        }  # fmt: skip

    @property
    def last_step(self) -> int:
        steps = [point for point in self.points if point.kind == "step"]
        return figures.step_of(steps[-1]) if steps else 0

    @property
    def seeds(self) -> SeedSpread | None:
        """How far apart the seeds of the run lie, where there are several."""
        reached = (self.run.report or {}).get("seeds")
        return SeedSpread(reached) if reached else None

    @property
    def metric_label(self) -> str:
        return metric_name(self.metric)

    @property
    def dev_value(self) -> str | None:
        value = self.dev.get("value")
        return None if value is None else f"{value:.3f}"

    @property
    def test_value(self) -> str | None:
        value = registration.figure((self.run.report or {}).get("test"), self.metric)
        return None if value is None else f"{value:.3f}"

    @property
    def baseline_name(self) -> str:
        return baseline_name(((self.run.report or {}).get("baseline") or {}).get("name", ""))

    @property
    def baseline_delta(self) -> str:
        """How far the test figure lies above the best rule that reads no text."""
        report = self.run.report or {}
        tested = registration.figure(report.get("test"), self.metric)
        ruled = registration.figure(report.get("baseline"), self.metric)
        if tested is None or ruled is None:
            return ""
        return _("%(delta)+.3f over the baseline") % {"delta": tested - ruled}

    @property
    def production_delta(self) -> tuple[str, str]:
        """Words and tone for the distance to the version in production, on the same test items."""
        compared = self.run.comparison
        if not compared or compared["candidate"] is None or compared["current"] is None:
            return "", ""
        delta = compared["candidate"] - compared["current"]
        words = _("%(delta)+.3f over version %(version)d") % {
            "delta": delta,
            "version": compared["production"],
        }
        if self.seeds and abs(delta) < self.seeds.deviation:
            return words + _(", less than seeds differ (± %.3f)") % self.seeds.deviation, ""
        return words, "good" if delta >= 0 else "bad"

    @property
    def percent_text(self) -> str:
        return f"{self.percent} %"

    @property
    def best_note(self) -> str:
        return _("best of %d epochs so far") % self.epochs_done if self.epochs_done else ""

    @property
    def speed_text(self) -> str | None:
        value = self.step.get("tokens_per_second")
        return f"{value:,.0f}" if value else None

    @property
    def speed_note(self) -> str:
        share = self.step.get("padding_share")
        padding = "" if share is None else _("padding %.1f %%") % (share * 100)
        return ", ".join(part for part in (padding, self.run.device.partition(",")[0]) if part)

    @property
    def took(self) -> str:
        began, ended = self.run.started_at, self.run.finished_at or self.run.heartbeat_at
        return duration((ended - began).total_seconds()) if began and ended else ""

    @property
    def time_note(self) -> str:
        if self.run.is_live and self.run.seconds_left is not None:
            return _("%s left") % duration(self.run.seconds_left)
        return _("start %d") % self.run.attempt if self.run.attempt > 1 else ""

    @property
    def counts(self) -> dict[str, int]:
        return self.run.snapshot.counts.get(self.run.field, {}) if self.run.snapshot else {}

    @property
    def examples_text(self) -> str | None:
        return f"{sum(self.counts.values()):,}" if self.counts else None

    @property
    def snapshot_note(self) -> str:
        if not self.run.snapshot:
            return _("frozen when it begins")
        counts = _("%(train)d train, %(dev)d dev, %(test)d test") % self.counts
        return _("snapshot %s") % self.run.snapshot.sha256[:4] + f" · {counts}"

    @property
    def curves(self) -> figures.Figure:
        return figures.learning_curves(self.points, metric=self.metric_label)

    @property
    def speed(self) -> figures.Figure:
        return figures.speed(self.points)

    @property
    def learning_rate(self) -> figures.Figure:
        return figures.learning_rate(self.points)

    @property
    def memory(self) -> figures.Figure:
        return figures.memory(self.points)

    @property
    def label_figure(self) -> figures.Figure:
        """The new version's F1 per label beside production's (where compared) and the baseline's."""
        report, compared = self.run.report or {}, self.run.comparison
        named = [(_("this run"), self.judged[1])]
        if compared:
            scores = {label: {"f1": value} for label, value in compared["labels"].items()}
            named.append((_("version %d") % compared["production"], {"labels": scores}))
        if baseline := report.get("baseline"):
            named.append((_("baseline"), baseline))
        return figures.label_scores(named, tables.labels_of(self.judged[1]))

    @property
    def judged(self) -> tuple[str, dict[str, Any]]:
        """The report to show in full: on the test items once there is one, else the last one on dev."""
        if tested := (self.run.report or {}).get("test"):
            return _("frozen test items"), tested
        return _("dev items"), self.dev.get("report") or {}

    @property
    def report_rows(self) -> list[tables.Row]:
        report = self.run.report or {}
        return tables.report_rows(self.judged[1], report.get("baseline"), self.run.comparison)

    @property
    def report_columns(self) -> list[dict[str, Any]]:
        production = (self.run.comparison or {}).get("production")
        return tables.report_columns(baseline=bool(self.run.report), production=production)

    @property
    def figure_rows(self) -> list[tables.Row]:
        report = self.run.report or {}
        return tables.figure_rows(self.judged[1], report.get("baseline"), self.run.comparison)

    @property
    def figure_columns(self) -> list[dict[str, Any]]:
        production = (self.run.comparison or {}).get("production")
        return tables.figure_columns(baseline=bool(self.run.report), production=production)

    @property
    def has_labels(self) -> bool:
        """Whether answers are labels; an order of candidates is none."""
        return bool(self.judged[1].get("labels"))

    @property
    def confusion_columns(self) -> list[dict[str, Any]]:
        return tables.confusion_columns(self.judged[1])

    @property
    def confusion_rows(self) -> list[tables.Row]:
        return tables.confusion_rows(self.judged[1])

    @property
    def facts(self) -> list[tuple[str, str]]:
        """The recipe and the lineage."""
        snapshot = self.run.snapshot
        lineage = [(_("Snapshot"), f"{snapshot.number} · {snapshot.sha256[:12]}")] if snapshot else []
        people = [(_("People whose answers it rests on"), str(snapshot.people))] if snapshot else []
        return [
            *lineage, *people, (_("Device"), self.run.device or "–"), (_("Starts"), str(self.run.attempt)),
            *((name.replace("_", " "), str(value)) for name, value in sorted(self.run.recipe.items())),
        ]  # fmt: skip
