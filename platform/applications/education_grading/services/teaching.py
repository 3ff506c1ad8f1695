"""Decisions of teachers as approved answers that the next version learns from."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from annotations.models import Consensus
from annotations.services.review import correct_consensus
from annotations.services.sending_back import send_back
from applications.education_grading.grading import MISSING, SCORE, payload_of, score_value, span_values
from applications.education_grading.models import Submission
from applications.education_grading.selectors import teachable
from common.errors import Conflict
from tasks_app.models import ImportJob, Item, Project
from tasks_app.services.imports import start_import

MOST = 500


@dataclass(frozen=True, slots=True)
class Taught:
    """job: the import of answers that are new, if any are. corrected: answers whose items were there."""

    job: ImportJob | None
    corrected: int


@transaction.atomic
def teach(*, project: Project, actor: User) -> Taught:
    """Import what teachers have decided and no version has learned, through the project's import.

    What was decided anew, on an objection, puts the item's values right that the first decision made.
    Pinned to training, as nobody drew these by lot. Raises Conflict where there is nothing.
    """
    rows = list(teachable(project).select_for_update(of=("self",), skip_locked=True).order_by("pk")[:MOST])
    if not rows:
        raise Conflict(_("There is nothing new to learn from."), code="nothing_new")
    known = Item.objects.filter(project=project, external_id__in=[row.external_id for row in rows])
    items = {item.external_id: item for item in known}
    fresh = [row for row in rows if row.external_id not in items]
    again = [row for row in rows if row.external_id in items]
    for row in again:
        _correct(row, items[row.external_id], actor)
    job = _import(project, fresh, actor) if fresh else None
    now = timezone.now()
    Submission.objects.filter(pk__in=[row.pk for row in fresh]).update(taught_at=now, teaching=job)
    Submission.objects.filter(pk__in=[row.pk for row in again]).update(taught_at=now)
    return Taught(job, len(again))


def _import(project: Project, rows: Sequence[Submission], actor: User) -> ImportJob:
    subjects = {row.external_id: str(row.subject) for row in rows if row.subject}
    return start_import(
        project=project, actor=actor, chunks=[_lines(rows)], format="jsonl",
        options={"keep_duplicates": True, "subjects": subjects},
    )  # fmt: skip


def _correct(row: Submission, item: Item, actor: User) -> None:
    """Only what has changed; a field that somebody is being asked about again is theirs to decide."""
    reason = _("A teacher has decided this answer anew.")
    for field, value in _values(row).items():
        consensus = Consensus.objects.filter(item=item, field=field).first()
        if consensus is not None and consensus.value != value:
            send_back(project=item.project, field=field, item_ids=[item.pk], actor=actor)
            correct_consensus(consensus=consensus, value=value, actor=actor, reason=reason)


def _values(row: Submission) -> Mapping[str, Any]:
    return {SCORE: score_value(int(row.score or 0)), MISSING: span_values(row.question.places, row.missing)}


def _lines(rows: Sequence[Submission]) -> bytes:
    return "\n".join(json.dumps(_line(row), ensure_ascii=False) for row in rows).encode()


def _line(row: Submission) -> dict[str, object]:
    question = row.question
    return {
        **payload_of(question.text, question.reference, row.text),
        "id": row.external_id, "group": f"question-{question.pk}", "subject": row.learner,
        "language": question.language, "split": "train", "approved": _values(row),
    }  # fmt: skip
