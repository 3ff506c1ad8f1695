"""Education grading as one of the applications."""

from pathlib import Path

from django.utils.translation import gettext as _

from accounts.models import User
from applications.education_grading import calibrating
from applications.education_grading.grading import MISSING, SCORE, TEMPLATE
from applications.education_grading.measuring import figures
from applications.education_grading.models import Question
from applications.education_grading.services.questions import create_question
from applications.education_grading.services.submissions import Handed, hand_in
from applications.kinds import Kind
from common.errors import Conflict
from tasks_app.models import Project

_FIRST = {
    "title": "Why the moon changes its shape",
    "text": "Why does the moon look different from week to week?",
    "reference": "The moon has no light of its own. The sun lights one half of it. "
    "As the moon goes around the Earth, we see more or less of the bright half.",
}
_ANSWER = "The moon does not shine itself, the sun shines on one side of it."


def prepare(project: Project) -> None:
    """Ask the versions that answer now about the answers held back; again, it only measures anew."""
    made = calibrating.calibrate(project)
    if made is None:
        raise Conflict(_("No models are in production yet."), code="no_version")
    if made.state == made.State.FAILED and not made.sha256:
        raise Conflict(made.reason)


def first_use(project: Project, user: User) -> str:
    question = Question.objects.filter(project=project, title=_FIRST["title"]).first()
    if question is None:
        question = create_question(
            project=project, actor=user, title=_FIRST["title"], text=_FIRST["text"],
            reference=_FIRST["reference"],
        )  # fmt: skip
    [row] = hand_in(question=question, answers=[Handed("first", "first", _ANSWER)], actor=user)
    return _("Score %(score)s of %(top)d, %(missing)d points missing; it waits for a teacher.") % {
        "score": row.proposed if row.proposed is not None else "–", "top": 4, "missing": len(row.missing),
    }  # fmt: skip


KIND = Kind(
    template=TEMPLATE,
    page="education-grading",
    fields=(SCORE, MISSING),
    data=(Path(__file__).with_name("data") / "en.jsonl",),
    # Each is read with the other: the answer after the reference, the reference before the answer.
    recipes={MISSING: {"context_before": 0, "context_after": 1}},
    prepare=prepare,
    first_use=first_use,
    measure=figures,
)
