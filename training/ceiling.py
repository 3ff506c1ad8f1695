"""What one person would score on the test items: a model near it has little left to learn from the crowd.

Two measures, because neither is fair alone. Against the approved truth, which is what the model is held to;
a person's own answer has gone into it, so this flatters people. Against what the others came to without
them (leave one out), which does not, but holds them to fewer people's word.
"""

import importlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any
from uuid import UUID

from annotations import judging
from tasks_app.models import Item
from training.engine.data import Row, read_arrow
from training.engine.evaluation.resampling import Figure, interval
from training.models import Run
from training.row_ids import item_ids

MOST_ITEMS = 3000
LEAST_ANSWERS = 20  # below it an interval would be all that can be said
_CHUNK = 200
Pair = tuple[Row, Any]


def human_ceiling(run: Run, figure: Figure) -> dict[str, Any] | None:
    """{truth, others, items, answers, people}, each of the first two {value, low, high}; None where too few
    test items have three answers."""
    truth, others, people = list[Pair](), list[Pair](), set[UUID]()
    for row, worker, value, agreed in _answers(run):
        people.add(worker)
        truth.append((row, value))
        others.append((replace(row, value=agreed), value))
    if len(truth) < LEAST_ANSWERS:
        return None
    return {
        "truth": _score(run, figure, truth),
        "others": _score(run, figure, others),
        "items": len({row.id for row, _ in truth}),
        "answers": len(truth),
        "people": len(people),
    }


def _answers(run: Run) -> Iterator[tuple[Row, UUID, Any, Any]]:
    """Test row, who answered, what they said, and what all others came to."""
    rows = {row.id: row for row in read_arrow(run.folder / "test.arrow")}
    waiting = islice(rows, MOST_ITEMS)
    while ids := list(islice(waiting, _CHUNK)):
        items = Item.objects.filter(project=run.project_id, pk__in=item_ids(ids))
        for item, given in judging.judge_without_each(list(items.order_by("pk"))):
            for answer, rest in given:
                agreed = rest.fields.get(run.field)
                if agreed is not None and run.field in answer.value:
                    yield rows[str(item.pk)], answer.worker_id, answer.value[run.field], agreed.value


def _score(run: Run, figure: Figure, pairs: list[Pair]) -> dict[str, float]:
    # torch is loaded only here, in the trainer's own process.
    judge = importlib.import_module("training.engine.evaluation.answers").outcomes_of_answers
    outcomes = judge(run.folder / "model", pairs)
    low, high = interval(figure, outcomes)
    return {"value": figure.of(outcomes), "low": low, "high": high}
