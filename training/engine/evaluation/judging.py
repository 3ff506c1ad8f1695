"""A model's outputs for labelled rows, judged: the report, what came of each unit, how far to trust it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from training.engine.batching import Example
from training.engine.data import Row
from training.engine.evaluation.calibration import reliability
from training.engine.evaluation.outcomes import Outcome
from training.engine.heads.base import Head
from training.engine.metrics import Report


class Judged(NamedTuple):
    """The report has the reliability and the number of rows in it."""

    report: Report
    outcomes: list[Outcome]
    reliability: dict[str, Any]


def judge(head: Head, rows: Sequence[Row], examples: Sequence[Example], outputs: Sequence[Any]) -> Judged:
    """What the head makes of its outputs for the supervised examples of settled rows."""
    predictions = head.predictions(rows, examples, outputs)
    report = head.report(rows, [prediction.value for prediction in predictions])
    found = head.outcomes(rows, predictions, head.losses(examples, outputs))
    trusted = reliability(*head.certainties(examples, outputs, found))
    return Judged({**report, "rows": len(rows), "reliability": trusted}, found, trusted)
