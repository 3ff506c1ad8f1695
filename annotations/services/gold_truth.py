"""A gold item was wrong: its truth is corrected or it is retired, and everybody it touched is scored anew.

In one transaction, under the item's lock: no answer is scored by the old truth afterwards.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.notifications import notify
from annotations import gold
from annotations.models import Answer
from annotations.reinstating import fit_anew, reinstate
from annotations.settling import lock_items
from common import audit
from common.errors import Conflict, Invalid, Problem
from tasks_app import selectors
from tasks_app.fields.problem import InvalidAnswer
from tasks_app.fields.schema import check_answer
from tasks_app.models import Item
from tasks_app.services import slots
from tasks_app.services.rescoring import rescore_questions
from tasks_app.typed_answers import gate_answer

_EXACT = 1.0 - 1e-9
_SHIFT = """
UPDATE annotations_workerskill SET gold_seen = greatest(0, gold_seen + %s), gold_score = gold_score + %s
WHERE project_id = %s AND worker_id = %s AND field = %s
"""


@dataclass(frozen=True)
class Rescored:
    """How many answers and people it touched, and how many rejected answers turned out right."""

    answers: int
    people: int
    reinstated: int


@transaction.atomic
def correct_gold(*, item: Item, truth: Any, reason: str, actor: User) -> Rescored:
    """Put another truth in place. The same truth again changes nothing."""
    item = _lock(item, reason)
    fields = selectors.schema_fields(selectors.current_schema(item.project).pk)
    try:
        checked = gate_answer(fields, check_answer(fields, truth, item.payload), item, item.project)
    except InvalidAnswer as invalid:
        problems = [
            Problem(p.pointer.replace("/answer", "/truth", 1), p.code, p.detail) for p in invalid.problems
        ]
        raise Invalid(_("The truth does not fit the project's fields."), problems=problems) from None
    before, item.gold = item.gold, {name: checked[name] for name in truth}
    item.save(update_fields=["gold"])
    return _rescore(item, item.gold, reason, actor, before)


@transaction.atomic
def retire_gold(*, item: Item, reason: str, actor: User) -> Rescored:
    """The item proves nothing: it is shown to nobody any more and counts for nobody. Twice is harmless."""
    item = _lock(item, reason)
    before, item.gold = item.gold, {}
    item.save(update_fields=["gold"])
    done = _rescore(item, None, reason, actor, before)
    slots.close_item(item_id=item.pk, state=Item.State.WITHDRAWN)
    return done


def _lock(item: Item, reason: str) -> Item:
    if not reason.strip():
        detail = _("Say what is wrong with it.")
        raise Invalid(detail, problems=[Problem("/reason", "required", detail)])
    [locked] = lock_items([item.pk])
    if locked.gold is None:
        raise Conflict(_("This is not a gold item."), code="not_gold")
    return locked


def _rescore(item: Item, truth: dict[str, Any] | None, reason: str, actor: User, before: Any) -> Rescored:
    answers = list(
        Answer.objects.select_for_update(of=("self",))
        .filter(item=item, gold_scores__isnull=False)
        .select_related("project", "assignment")
        .order_by("pk")
    )
    shifts: dict[tuple[str, UUID], list[float]] = defaultdict(lambda: [0, 0.0])
    for answer in answers:
        old, new = answer.gold_scores or {}, gold.scores(answer, item)
        answer.gold_scores = new
        _add(shifts, answer.worker_id, old, new)
    Answer.objects.bulk_update(answers, ["gold_scores"])
    _shift(item, shifts)
    right = [one for one in answers if one.state == Answer.State.REJECTED and _is_right(one, truth)]
    reinstated = _reinstate(right, item)
    changed = {worker for (_field, worker), (seen, score) in shifts.items() if seen or abs(score) > 1e-12}
    changed |= {one.worker_id for one in reinstated} | rescore_questions(source_id=item.pk, truth=truth)
    fit_anew(item.project_id)
    what = "gold.corrected" if truth is not None else "gold.retired"
    audit.record(what, item, actor=actor.pk, note=reason[:300], people=len(changed), had=sorted(before or {}))
    for worker in sorted(changed):
        # Which item it was stays unsaid: other people still meet it as gold.
        notify(user_id=worker, kind="gold_rescored", url="/work/", project=item.project.title)
    return Rescored(len(answers), len(changed), len(reinstated))


def _add(
    shifts: dict[tuple[str, UUID], list[float]],
    worker: UUID,
    old: dict[str, float],
    new: dict[str, float],
) -> None:
    for field in old.keys() | new.keys():
        shift = shifts[field, worker]
        shift[0] += (field in new) - (field in old)
        shift[1] += new.get(field, 0.0) - old.get(field, 0.0)


def _shift(item: Item, shifts: dict[tuple[str, UUID], list[float]]) -> None:
    order = {field.name: n for n, field in enumerate(selectors.current_fields(item.project))}
    with connection.cursor() as cursor:
        # By field, then by person, as a full fit and scoring write the same rows.
        for (field, worker), (seen, score) in sorted(
            shifts.items(), key=lambda row: (order.get(row[0][0], 0), str(row[0][1]))
        ):
            cursor.execute(_SHIFT, [seen, score, item.project_id, worker, field])


def _is_right(answer: Answer, truth: dict[str, Any] | None) -> bool:
    """By the new truth; where there is none, nobody can say that it was wrong."""
    return truth is None or min((answer.gold_scores or {"": 0.0}).values()) >= _EXACT


def _reinstate(answers: list[Answer], item: Item) -> list[Answer]:
    """One by one: where the project's money ends, the rest stays rejected and can be appealed."""
    done = []
    for answer in answers:
        try:
            with transaction.atomic():
                reinstate([answer], item)
        except Conflict:
            break
        done.append(answer)
    return done
