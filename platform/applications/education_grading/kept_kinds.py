"""The kinds of record that education grading keeps, for retention rules."""

from django.utils.translation import gettext_lazy as _

from applications.education_grading.models import Submission
from privacy.retention import Kind, register


def register_all() -> None:
    register(
        Kind(
            "graded_answers", _("Graded answers of learners"),
            _("With their scores, feedback and objections."),
            lambda: Submission.objects.filter(state=Submission.State.RELEASED), "created_at", 365,
            project="question__project",
        )
    )  # fmt: skip
