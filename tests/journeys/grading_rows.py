"""A class with an answer that waits, one that is released, and one that a learner disputes; no model yet."""

from typing import Any

from accounts.models import User
from applications.education_grading.services.decisions import decide
from applications.education_grading.services.objections import object_to, sign_link
from applications.education_grading.services.questions import create_question
from applications.education_grading.services.submissions import Handed, hand_in
from tasks_app.services import projects


def grading_ids(owner: User) -> dict[str, Any]:
    """For the pages of this application: a project with answers, one without questions, links of learners."""
    project = projects.create_project(owner=owner, template="education-grading")
    question = create_question(
        project=project, actor=owner, title="Plants 植物",
        text="How does a plant make food? 植物怎样制造养分?",
        reference="The roots take up water. The leaves catch light. Sugar is made.", max_score=8,
    )  # fmt: skip
    texts = ("Water and light.", "The leaves do it. 叶子", "=sugar")
    answers = [Handed(str(number), f"learner {number}", text) for number, text in enumerate(texts)]
    waits, released, disputed = hand_in(question=question, answers=answers, actor=owner)
    for row in (released, disputed):
        decide(submission=row, actor=owner, round=0, score=3, missing=[1], feedback="Light! 光")
    object_to(submission=disputed, reason="I said sugar. 我写了糖")
    empty = projects.create_project(owner=owner, template="education-grading")
    return {
        "grading": project.pk, "asked": question.pk, "grading_empty": empty.pk,
        "learner": sign_link(released), "learner_waits": sign_link(waits),
    }  # fmt: skip
