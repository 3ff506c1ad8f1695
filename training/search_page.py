"""A search as its run's page shows it."""

import csv
import io
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from common.spreadsheet import neutral
from training import figures_search, trials
from training.figures import Figure
from training.figures_search import shown, words
from training.models import Run, Search, Trial
from training.words import duration, metric_name, trial_state

TONES = {"running": "live", "complete": "good", "failed": "bad", "pruned": "warn", "stopped": "warn"}


@dataclass(frozen=True, slots=True)
class SearchPage:
    search: Search
    trials: list[Trial]

    @classmethod
    def of(cls, run: Run) -> "SearchPage | None":
        """None for a run that looks for nothing."""
        if not hasattr(run, "search"):
            return None
        return cls(run.search, list(Trial.objects.filter(search=run.search).order_by("number")))

    @property
    def is_searching(self) -> bool:
        """As long as trials come and go the run itself has neither curves nor a report."""
        return self.search.done_at is None

    @property
    def metric(self) -> str:
        return metric_name(self.search.metric) if self.search.metric else _("figure")

    @property
    def best(self) -> Trial | None:
        return trials.best_of(self.trials)

    @property
    def best_text(self) -> str | None:
        best = self.best
        return None if best is None or best.value is None else f"{best.value:.4f}"

    @property
    def best_note(self) -> str:
        return _("trial %d") % self.best.number if self.best else ""

    @property
    def count_text(self) -> str:
        over = sum(trial.is_over for trial in self.trials)
        return _("%(over)d of %(wanted)d") % {"over": over, "wanted": self.search.trials_wanted}

    @property
    def count_note(self) -> str:
        names = ("running", "pruned", "failed")
        counts = {name: sum(trial.state == name for trial in self.trials) for name in names}
        return ", ".join(f"{count} {trial_state(name)}" for name, count in counts.items() if count)

    @property
    def left_text(self) -> str | None:
        """Only while it is at work."""
        if self.search.done_at or self.search.run.state != Run.State.RUNNING:
            return None
        return duration(trials.progress_of(self.search)[1]) or None

    @property
    def budget_note(self) -> str:
        minutes = self.search.minutes
        return _("at most %s") % duration(minutes * 60) if minutes else _("no limit of time")

    @property
    def kept_note(self) -> str:
        if self.search.recipe:
            return _("kept as “%s”") % self.search.recipe.name
        return _("is kept when the search ends")

    @property
    def history(self) -> Figure:
        return figures_search.history(self.trials, self.metric)

    @property
    def importance(self) -> Figure:
        return figures_search.importance(self.search.importance)

    @property
    def parallel(self) -> Figure:
        return figures_search.parallel(self.trials, self.search.space, self.metric)

    @property
    def importance_rows(self) -> list[list[dict[str, Any]]]:
        ranked = sorted(self.search.importance.items(), key=lambda pair: -pair[1])
        return [[{"text": words(name)}, {"text": f"{share:.1%}", "numeric": True}] for name, share in ranked]

    @property
    def importance_columns(self) -> list[dict[str, Any]]:
        return [{"title": _("Setting")}, {"title": _("Share"), "numeric": True}]

    @property
    def columns(self) -> list[dict[str, Any]]:
        settings = [{"title": words(name), "numeric": True} for name in self.search.space]
        figure = {"title": self.metric, "numeric": True}
        return [{"title": _("Trial"), "numeric": True}, {"title": _("State")}, figure, *settings]

    @property
    def rows(self) -> list[list[dict[str, Any]]]:
        """The newest first: the page grows at its top."""
        return [self._row(trial) for trial in reversed(self.trials)]

    def _row(self, trial: Trial) -> list[dict[str, Any]]:
        value = "–" if trial.value is None else f"{trial.value:.4f}"
        best = self.best is not None and trial.pk == self.best.pk
        state = _("best") if best else trial_state(trial.state)
        settings = [{"text": shown(trial.params.get(name)), "numeric": True} for name in self.search.space]
        return [
            {"text": str(trial.number), "numeric": True},
            {"text": state, "tone": "good" if best else TONES.get(trial.state) or "plain"},
            {"text": value, "numeric": True},
            *settings,
        ]

    def csv(self) -> str:
        """Every trial with its settings, to be worked on elsewhere."""
        sheet = io.StringIO()
        writer = csv.writer(sheet)
        writer.writerow(["trial", "state", "value", "seconds", *self.search.space])
        for trial in self.trials:
            began, ended = trial.started_at, trial.finished_at
            seconds = round((ended - began).total_seconds(), 1) if began and ended else ""
            settings = [_cell(trial.params.get(name, "")) for name in self.search.space]
            writer.writerow([trial.number, trial.state, trial.value, seconds, *settings])
        return sheet.getvalue()


def _cell(value: Any) -> Any:
    return neutral(value) if isinstance(value, str) else value
