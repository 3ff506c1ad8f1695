"""What an annotator is shown of a rejection: their answer beside the accepted one, and what was wrong.

Nothing here names another person. An answer to a gold item looks like one whose item is still undecided: the
truth is shown only where the project lets its gold be known.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from annotations.differences import Difference, difference
from annotations.models import Answer, Consensus, Review
from tasks_app import categories, selectors
from tasks_app.categories import Category
from tasks_app.fields.base import Field
from tasks_app.models import Project

_FINAL = [Consensus.State.APPROVED, Consensus.State.CORRECTED]


@dataclass(frozen=True)
class FieldEvidence:
    """`accepted` means nothing while `settled` is False: the item waits for other people's answers."""

    shape: Field
    yours: Any
    settled: bool
    accepted: Any
    difference: Difference | None


@dataclass(frozen=True)
class Evidence:
    category: Category | None
    reason: str
    passage: str
    fields: tuple[FieldEvidence, ...]
    accepted: dict[str, Any]  # field -> what is held to be true, as far as it may be shown


def category_named(project: Project, name: str) -> Category | None:
    """None for no category, or one that the project has dropped since."""
    return next((one for one in categories.parse(project.error_categories) if one.name == name), None)


def evidence_of(answer: Answer) -> Evidence:
    return evidence_of_each([answer])[answer.pk]


def evidence_of_each(answers: Sequence[Answer]) -> dict[UUID, Evidence]:
    """By answer; two queries, however many there are."""
    truths = _truths(answers)
    decisions = [answer.decision_id for answer in answers if answer.decision_id]
    passages: dict[UUID | None, str] = {}
    if decisions:
        passages |= dict(Review.objects.filter(pk__in=decisions).values_list("pk", "passage"))
    return {
        answer.pk: _evidence(answer, _accepted(answer, truths), passages.get(answer.decision_id, ""))
        for answer in answers
    }


def _evidence(answer: Answer, accepted: dict[str, Any], passage: str) -> Evidence:
    return Evidence(
        category=category_named(answer.project, answer.category),
        reason=answer.reason,
        passage=passage,
        fields=tuple(
            _field(answer, shape, accepted) for shape in selectors.schema_fields(answer.schema_version_id)
        ),
        accepted=accepted,
    )


def _truths(answers: Sequence[Answer]) -> dict[UUID, dict[str, Any]]:
    """Item -> field -> what is held to be true, of the items whose answers were rejected."""
    items = {
        answer.item_id
        for answer in answers
        if answer.state == Answer.State.REJECTED and answer.item.gold is None
    }
    found: dict[UUID, dict[str, Any]] = defaultdict(dict)
    rows = Consensus.objects.filter(item_id__in=items, state__in=_FINAL) if items else ()
    for row in rows:
        found[row.item_id][row.field] = row.value
    return found


def _accepted(answer: Answer, truths: Mapping[UUID, dict[str, Any]]) -> dict[str, Any]:
    """Field -> what is held to be true; of rejected answers only."""
    if answer.state != Answer.State.REJECTED:
        return {}
    if answer.item.gold is not None:
        return dict(answer.item.gold) if answer.project.gold_evidence else {}
    return truths.get(answer.item_id, {})


def _field(answer: Answer, shape: Field, accepted: dict[str, Any]) -> FieldEvidence:
    yours, settled = answer.value.get(shape.name), shape.name in accepted
    truth = accepted.get(shape.name)
    found = difference(shape, answer.value, accepted, answer.item.payload) if settled else None
    return FieldEvidence(shape, yours, settled, truth, found)
