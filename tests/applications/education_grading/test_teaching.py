"""What teachers decided is learned: once, again after an objection, and also where an import fails."""

import pytest
from django.core.files.storage import default_storage

from annotations.models import Consensus
from applications.education_grading import selectors
from applications.education_grading.models import Question
from applications.education_grading.releasing import Known, Wanted, fewest, threshold
from applications.education_grading.services import objections
from applications.education_grading.services.decisions import decide
from applications.education_grading.services.teaching import teach
from common.errors import Conflict
from tasks_app.importing import job as work
from tasks_app.models import ImportJob, Item
from tests.applications.education_grading.test_grading import TORN, give

pytestmark = pytest.mark.django_db


def learned() -> dict[str, object]:
    return dict(Consensus.objects.values_list("field", "value"))


def test_an_objection_that_is_upheld_is_learned(question: Question) -> None:
    project, owner = question.project, question.project.owner
    [row] = give(question, TORN)
    decide(submission=row, actor=owner, round=row.round, score=1, missing=[1, 2])
    work.run(teach(project=project, actor=owner).job.pk)
    objections.object_to(submission=row, reason="I named the light.")
    row.refresh_from_db()
    decide(submission=row, actor=owner, round=row.round, score=3, missing=[2])
    taught = teach(project=project, actor=owner)
    assert (taught.job, taught.corrected) == (None, 1)
    assert learned()["score"] == [{"turn": 2, "value": 3}]
    assert [span["start"] for span in learned()["missing"]] == [49]
    assert Item.objects.count() == 1
    with pytest.raises(Conflict):
        teach(project=project, actor=owner)


def test_what_an_import_lost_is_taught_again(question: Question) -> None:
    project, owner = question.project, question.project.owner
    [row] = give(question, TORN)
    decide(submission=row, actor=owner, round=row.round, score=1)
    job = teach(project=project, actor=owner).job
    assert selectors.teachable(project).count() == 0  # it may still come
    default_storage.delete(job.path)
    work.run(job.pk)
    assert ImportJob.objects.get().state == "failed" and selectors.teachable(project).count() == 1
    work.run(teach(project=project, actor=owner).job.pk)
    assert Item.objects.count() == 1 and selectors.teachable(project).count() == 0


def test_what_is_decided_anew_while_an_import_runs_waits_for_it(question: Question) -> None:
    project, owner = question.project, question.project.owner
    [row] = give(question, TORN)
    decide(submission=row, actor=owner, round=row.round, score=1)
    job = teach(project=project, actor=owner).job
    objections.object_to(submission=row, reason="No.")
    row.refresh_from_db()
    decide(submission=row, actor=owner, round=row.round, score=2)
    with pytest.raises(Conflict):
        teach(project=project, actor=owner)
    work.run(job.pk)
    assert teach(project=project, actor=owner).corrected == 1
    assert learned()["score"] == [{"turn": 2, "value": 2}]


def test_a_strict_release_comes_with_as_many_answers_as_it_takes() -> None:
    good = [Known(4, 4, 0.001 * n, "g") for n in range(400)]
    assert fewest(0.01) == 230 and fewest(0.2) == 20
    assert threshold(good[:229], Wanted(far=0.01)) is None
    assert threshold(good[:230], Wanted(far=0.01)) == good[229].doubt
    mixed = [Known(n % 5, n % 5, 0.001 * n, "g") for n in range(400)]
    assert threshold(mixed, Wanted(far=0.01, kappa=0.8)) is not None
    late = [*mixed[:150], *(Known(0, 0, 1 + n, "g") for n in range(100))]
    assert threshold(late, Wanted(far=0.02, kappa=0.9)) is not None
