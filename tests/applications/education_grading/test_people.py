"""Restriction and erasure reach what a learner says later, and what was made of what they said before."""

import base64
from typing import Any
from uuid import uuid4

import pytest
from django.utils.crypto import salted_hmac

from accounts.models import User
from applications import subjects
from applications.education_grading import selectors
from applications.education_grading.holder import GradingHolder
from applications.education_grading.learners import digest_of, digests_of
from applications.education_grading.models import Question, Submission
from applications.education_grading.services import submissions
from applications.education_grading.services.decisions import decide
from applications.education_grading.services.teaching import teach
from common.errors import Conflict
from privacy.holders import Subject, Terms, all_holders
from privacy.models import DataSubject, SiteKey
from privacy.services.subjects import find_subjects, items_of
from tasks_app.importing import job as work
from tasks_app.models import ImportJob, Item
from tests.applications.education_grading.test_grading import SURE, TORN, give
from tests.factories import make_items, make_project
from training.models import FeedbackCase, Prediction
from training.services.cases import make_tasks

pytestmark = pytest.mark.django_db
TERMS = Terms(request=uuid4())
HOLDER = GradingHolder()


def by_number(name: str) -> Subject:
    """As a request finds somebody by the id in the school's books: the desk knows no name."""
    [match] = find_subjects(values=[name])
    return Subject(subjects=frozenset({match.subject.pk}), items=match.items)


def import_all() -> None:
    for job in ImportJob.objects.filter(state="queued"):
        work.run(job.pk)


def test_what_a_restricted_learner_hands_in_later_is_restricted_too(question: Question) -> None:
    give(question, TORN, learner="Mia Kern")
    for one in all_holders():
        one.restrict(by_number("Mia Kern"), restricted=True)
    asked = Prediction.objects.count()
    [late] = give(question, SURE, learner="Mia Kern")
    assert late.restricted and late.proposed is None and Prediction.objects.count() == asked
    assert not selectors.queue(question.project).exists()
    assert not give(question, SURE, learner="Ben")[0].restricted
    for one in all_holders():
        one.restrict(by_number("Mia Kern"), restricted=False)
    assert not give(question, "more light", learner="Mia Kern")[0].restricted


def test_by_name_as_well(question: Question) -> None:
    give(question, TORN, learner="Mia Kern")
    HOLDER.restrict(Subject(values=("mia kern",)), restricted=True)
    assert give(question, SURE, learner="MIA KERN")[0].restricted


def test_an_answer_that_comes_while_it_is_restricted_waits_for_it(question: Question) -> None:
    """The row of who it is about is locked first, by both."""
    give(question, TORN, learner="Mia Kern")
    subject = by_number("Mia Kern")
    DataSubject.objects.filter(pk__in=subject.subjects).update(restricted=True)
    assert give(question, SURE, learner="Mia Kern")[0].restricted


def test_what_a_killed_process_left_behind_is_erased(
    question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(submissions, "_take", die)
        with pytest.raises(KeyboardInterrupt):
            give(question, TORN, learner="Mia Kern")
    assert Submission.objects.get().score_prediction is None and Prediction.objects.count() == 2
    for subject in (by_number("Mia Kern"), Subject(values=("Mia Kern",))):
        assert HOLDER.residue(subject)["predictions"] == 2
    HOLDER.erase(Subject(values=("Mia Kern",)), TERMS)
    assert not Prediction.objects.exists() and HOLDER.residue(Subject(values=("Mia Kern",))) == {}


def test_items_of_decisions_and_of_feedback_go_with_the_learner(question: Question, teacher: User) -> None:
    [row] = give(question, TORN, learner="Mia Kern")
    decide(submission=row, actor=teacher, round=row.round, score=3)
    teach(project=question.project, actor=teacher)
    case = FeedbackCase.objects.filter(model__field="score").get()
    make_tasks(model=case.model, case_ids=[case.pk], actor=teacher)
    import_all()
    made = {item.external_id for item in Item.objects.all()}
    assert made == {row.external_id, case.external_id}
    person = subjects.subject_id(question.project_id, "Mia Kern")
    assert items_of(person) == {item.pk for item in Item.objects.all()}
    HOLDER.restrict(Subject(values=("Mia Kern",)), restricted=True)
    assert set(Item.objects.values_list("restricted", flat=True)) == {True}
    HOLDER.erase(Subject(values=("Mia Kern",)), TERMS)
    assert not Item.objects.filter(payload__icontains="water only").exists()
    assert not FeedbackCase.objects.exists() and not Prediction.objects.exists()


def test_an_import_that_comes_after_the_erasure_brings_nothing_back(
    question: Question, teacher: User
) -> None:
    [row] = give(question, TORN, learner="Mia Kern")
    decide(submission=row, actor=teacher, round=row.round, score=3)
    teach(project=question.project, actor=teacher)
    subject = by_number("Mia Kern")
    for one in all_holders():
        one.erase(subject, TERMS)
    import_all()
    assert not Item.objects.exists() and ImportJob.objects.get().skipped == {"erased": 1}


def test_digests_outlive_another_secret_key_and_older_ones_are_found(
    question: Question, settings: Any
) -> None:
    settings.VAULT_KEY = base64.b64encode(b"k" * 32).decode()  # without it SECRET_KEY wraps what is kept
    SiteKey.objects.all().delete()
    [row] = give(question, TORN, learner="Mia Kern")
    told = f"{question.project_id}\0mia kern"
    old = salted_hmac("education_grading.learner", told, algorithm="sha256").hexdigest()
    [other] = give(question, SURE, learner="Ben")
    Submission.objects.filter(pk=other.pk).update(learner=old, subject=None)
    before = digest_of(question.project_id, "Mia Kern")
    held = next(iter(HOLDER.holdings(Subject(values=("Mia Kern",)))))
    assert [one["text"] for one in held.rows] == [TORN, SURE]
    assert row.learner == before
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another" * 8
    assert old in digests_of(question.project_id, "Mia Kern")
    assert digest_of(question.project_id, "Mia Kern") == before


def test_an_item_of_the_same_name_in_another_project_is_somebody_elses(question: Question) -> None:
    [answer] = give(question, TORN, learner="Mia Kern")
    [item] = make_items(make_project(), 1, payloads=[{"text": "of another project"}])
    Item.objects.filter(pk=item.pk).update(external_id=answer.external_id)
    HOLDER.restrict(by_number("Mia Kern"), restricted=True)
    item.refresh_from_db()
    assert not item.restricted
    HOLDER.erase(by_number("Mia Kern"), TERMS)
    item.refresh_from_db()
    assert item.payload == {"text": "of another project"} and item.state != Item.State.WITHDRAWN


def test_whoever_is_in_such_an_item_erases_no_answer_of_this_project(question: Question) -> None:
    [answer] = give(question, TORN, learner="Mia Kern")
    [item] = make_items(make_project(), 1)
    Item.objects.filter(pk=item.pk).update(external_id=answer.external_id)
    HOLDER.erase(Subject(items=frozenset({item.pk})), TERMS)
    assert Submission.objects.filter(pk=answer.pk).exists()


def test_a_learner_who_is_erased_while_being_judged_is_not_kept(
    question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = submissions.put_together

    def judge(*known: Any) -> Any:
        HOLDER.erase(by_number("Mia Kern"), TERMS)
        return judged(*known)

    monkeypatch.setattr(submissions, "put_together", judge)
    with pytest.raises(Conflict) as refused:
        give(question, TORN, learner="Mia Kern")
    assert refused.value.code == "subject_erased" and not Submission.objects.exists()
