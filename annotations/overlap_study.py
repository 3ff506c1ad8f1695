"""What asking less, or more, would have cost: the answers that are in, replayed in the order they came."""

import json
from collections.abc import Sequence
from math import prod

from annotations.aggregation.stopping import History, Step
from annotations.judging import Verdict, judge_prefixes
from annotations.models import Answer, OverlapStudy
from tasks_app.models import Item, Project

_SAMPLE = 200  # items; weighing every prefix of their answers takes a few seconds
_LEAST = 10
_GROWTH = 1.2


def refresh(project: Project) -> None:
    """Make the study anew when there are a fifth more answers than at the last one."""
    count = Answer.objects.filter(project=project).count()
    last = OverlapStudy.objects.filter(project=project).first()
    if last and count < last.answers * _GROWTH:
        return
    items = _settled(project)
    if len(items) < _LEAST:
        return
    histories = [_history(verdicts) for verdicts in judge_prefixes(items)]
    OverlapStudy.objects.update_or_create(
        project=project, defaults={"items": len(histories), "histories": histories, "answers": count}
    )


def histories_of(study: OverlapStudy) -> list[History]:
    return [[Step(*step) for step in history] for history in study.histories]


def _settled(project: Project) -> Sequence[Item]:
    """In the order of a hash of their content, which is as good as drawn by lot; gold left out."""
    rows = Item.objects.filter(project=project, state=Item.State.CLOSED, gold__isnull=True, submitted__gt=0)
    return list(rows.order_by("content_hash", "pk")[:_SAMPLE])


def _history(verdicts: Sequence[Verdict]) -> list[list[float]]:
    """[sure, right, value] after each answer; equal values have equal numbers."""
    numbers: dict[str, int] = {}
    steps = []
    for verdict in verdicts:
        fields = [field for field in verdict.fields.values() if field.decides]
        value = json.dumps([field.value for field in fields], sort_keys=True)
        sure = min((field.confidence for field in fields), default=0.0)
        right = prod(field.confidence for field in fields)
        steps.append([round(sure, 4), round(right, 4), numbers.setdefault(value, len(numbers))])
    return steps
