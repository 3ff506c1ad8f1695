"""Decisions of teachers as approved answers that the next version learns from."""

import json
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from applications.education_grading.grading import MISSING, SCORE, payload_of, score_value, span_values
from applications.education_grading.models import Submission
from applications.education_grading.selectors import teachable
from common.errors import Conflict
from tasks_app.models import ImportJob, Project
from tasks_app.services.imports import start_import

MOST = 500


def teach(*, project: Project, actor: User) -> ImportJob:
    """Import what teachers have decided and no version has learned, through the project's import.

    Pinned to training, as nobody drew these by lot. Raises Conflict where there is nothing.
    """
    with transaction.atomic():
        rows = list(
            teachable(project).select_for_update(of=("self",), skip_locked=True).order_by("pk")[:MOST]
        )
        if not rows:
            raise Conflict(_("There is nothing new to learn from."), code="nothing_new")
        job = start_import(
            project=project, actor=actor, chunks=[_lines(rows)], format="jsonl",
            key=f"grading:{rows[0].pk}:{rows[0].round}:{len(rows)}", options={"keep_duplicates": True},
        )  # fmt: skip
        Submission.objects.filter(pk__in=[row.pk for row in rows]).update(taught_at=timezone.now())
    return job


def _lines(rows: Sequence[Submission]) -> bytes:
    return "\n".join(json.dumps(_line(row), ensure_ascii=False) for row in rows).encode()


def _line(row: Submission) -> dict[str, object]:
    question = row.question
    return {
        **payload_of(question.text, question.reference, row.text),
        "id": row.external_id, "group": f"question-{question.pk}", "subject": row.learner,
        "language": question.language, "split": "train", "approved": {
            SCORE: score_value(int(row.score or 0)), MISSING: span_values(question.places, row.missing),
        },
    }  # fmt: skip
