"""Answers given under an older version of a schema, held against the newest."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from annotations.models import Answer
from tasks_app.fields.base import Field
from tasks_app.fields.problem import InvalidAnswer
from tasks_app.fields.schema import check_answer

MOST = 500


@dataclass(frozen=True)
class Fit:
    """Of `looked_at` answers, the latest ones, so many fit the other fields as they are."""

    looked_at: int
    fitting: int

    @property
    def misfitting(self) -> int:
        return self.looked_at - self.fitting


def fit_of(version_id: UUID, project_id: UUID, fields: Sequence[Field]) -> Fit:
    """Fields that are new are not held against an answer; a value that a field no longer takes is."""
    rows = Answer.objects.filter(project=project_id, schema_version=version_id).select_related("item")
    answers = list(rows.order_by("-created_at")[:MOST])
    return Fit(len(answers), sum(_fits(answer, fields) for answer in answers))


def _fits(answer: Answer, fields: Sequence[Field]) -> bool:
    known = [field for field in fields if field.name in answer.value]
    value: dict[str, Any] = {field.name: answer.value[field.name] for field in known}
    try:
        check_answer(known, value, answer.item.payload)
    except InvalidAnswer:
        return False
    return True
