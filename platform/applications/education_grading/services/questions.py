"""Questions and what a right answer holds."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from applications.education_grading.grading import sentences
from applications.education_grading.models import Question
from common import audit
from common.errors import Conflict, Invalid, Problem
from tasks_app.models import Project

MOST_POINTS = 20
HEAVIEST = 20


def create_question(
    *,
    project: Project,
    actor: User | None,
    title: str,
    text: str,
    reference: str,
    points: Sequence[Mapping[str, Any]] = (),
    max_score: int = 4,
    language: str = "en",
) -> Question:
    """points: [{"text", "weight"}], stretches of the reference in their order; left out, its sentences.

    Raises Invalid with a pointer where a point is not in the reference, Conflict for a title that is taken.
    """
    points = points or _divided(reference)
    try:
        with transaction.atomic():
            question = Question.objects.create(
                project=project, title=title.strip(), text=text.strip(), reference=reference.strip(),
                points=[{"text": point["text"].strip(), "weight": int(point["weight"])} for point in points],
                max_score=max_score, language=language,
            )  # fmt: skip
            # As it is stored: personal data in it has been replaced.
            question.refresh_from_db()
            _check(question)
            audit.record("grading.question", question, actor=actor.pk if actor else None)
            return question
    except IntegrityError:
        raise Conflict(_("There is a question of this title already."), code="title_taken") from None


def _divided(reference: str) -> list[dict[str, Any]]:
    text = reference.strip()
    return [{"text": text[point.start : point.end], "weight": 1} for point in sentences(text)]


def _check(question: Question) -> None:
    problems, end = [], 0
    if not 1 <= len(question.points) <= MOST_POINTS:
        problems.append(Problem("/points", "length", _("Name 1 to %d points.") % MOST_POINTS))
    for number, point in enumerate(question.points):
        place = question.reference.find(point["text"], end) if point["text"] else -1
        if place < 0:
            detail = _("This point does not stand in the reference answer, after the point before it.")
            problems.append(Problem(f"/points/{number}/text", "not_in_reference", detail))
            continue
        end = place + len(point["text"])
        if not 1 <= point["weight"] <= HEAVIEST:
            detail = _("A weight is a whole number from 1 to %d.") % HEAVIEST
            problems.append(Problem(f"/points/{number}/weight", "range", detail))
    if problems:
        raise Invalid(_("This question cannot be used as it is."), problems=problems)
