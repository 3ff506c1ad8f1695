"""What only the platform can add to an engine's report: languages of items, and how well people do."""

import logging
from collections.abc import Sequence
from typing import Any

from tasks_app.models import Item
from training.ceiling import human_ceiling
from training.engine.errors import EngineError
from training.engine.evaluation.outcomes import FILE, read_outcomes
from training.engine.evaluation.resampling import Figure, interval
from training.engine.evaluation.slices import slices_json, slices_of
from training.models import Run
from training.row_ids import item_ids

logger = logging.getLogger(__name__)
Report = dict[str, Any]


def assess(run: Run, report: Report, metric: str) -> Report:
    """The report with `slices` of the test items, the test figure's `interval` and the human `ceiling`.

    A part that cannot be worked out is empty: a trained model is not lost for it.
    """
    added: Report = {"slices": [], "ceiling": None}
    try:
        outcomes = list(read_outcomes(run.folder / FILE))
        figure = figure_of(run, metric)
        if outcomes:
            languages = languages_of({outcome.id for outcome in outcomes})
            found = slices_of(outcomes, metric=metric, labels=figure.labels, languages=languages)
            added["slices"] = slices_json(found)
            report = {**report, "test": {**report["test"], "interval": [*interval(figure, outcomes)]}}
            added["ceiling"] = human_ceiling(run, figure)
    except EngineError as error:
        logger.warning("Run %s is not assessed: %s", run.pk, error)
    return {**report, **added}


def figure_of(run: Run, metric: str) -> Figure:
    return Figure(metric, tuple(labels_of(run)))


def labels_of(run: Run) -> Sequence[str]:
    """The field's labels, as they were when the snapshot was frozen."""
    fields: list[dict[str, Any]] = run.snapshot.fields if run.snapshot else []
    shape = next((entry for entry in fields if entry["name"] == run.field), dict[str, Any]())
    return [label["name"] if isinstance(label, dict) else label for label in shape.get("labels") or ()]


def languages_of(ids: set[str]) -> dict[str, str]:
    """Row id -> language, for the rows that are items here and say theirs."""
    found = Item.objects.filter(pk__in=item_ids(ids)).exclude(language="")
    return {str(pk): language for pk, language in found.values_list("pk", "language")}
