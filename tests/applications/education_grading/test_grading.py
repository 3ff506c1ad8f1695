"""Answers come in once, wait for a teacher, are decided by one of them, and teach the models."""

import threading
from typing import Any

import pytest
from django.core import signing
from django.db import connection

from accounts.models import User
from annotations.models import Consensus
from applications.education_grading import calibrating, selectors
from applications.education_grading.learners import digest_of
from applications.education_grading.models import Calibration, FeedbackEdit, Question, Submission
from applications.education_grading.services import objections, submissions
from applications.education_grading.services.decisions import decide
from applications.education_grading.services.questions import create_question
from applications.education_grading.services.release import set_release
from applications.education_grading.services.submissions import Handed, hand_in
from applications.education_grading.services.teaching import teach
from common.errors import Conflict, Invalid, NotFound
from privacy.holders import Subject, Terms, all_holders
from tasks_app.importing import job as work
from tasks_app.models import Item, Project
from tests.applications.education_grading.conftest import put_into_production
from tests.factories import make_items, make_user
from training.models import Feedback, FeedbackCase, Prediction

pytestmark = pytest.mark.django_db
SURE = "water and light level 4 sure 0.99"
TORN = "water only level 2 sure 0.4 without 1 without 2"


def give(question: Question, *texts: str, learner: str = "Mia K.") -> list[Submission]:
    answers = [Handed(f"{learner} {number} {text}", learner, text) for number, text in enumerate(texts)]
    return hand_in(question=question, answers=answers, actor=question.project.owner)


def gold(project: Project, number: int, text: str, score: int) -> None:
    for place in range(number):
        turns = [("question", "Q"), ("reference", "The roots take up water."), ("answer", f"{text} {place}")]
        payload = {"turns": [{"speaker": who, "text": said} for who, said in turns]}
        truth = {"score": [{"turn": 2, "value": score}], "missing": []}
        make_items(project, 1, slots=0, payloads=[payload], gold=truth)


def test_an_answer_is_judged_once_and_waits(question: Question) -> None:
    [row] = give(question, TORN)
    assert row.state == "waiting" and row.proposed == 1 and row.missing == [1, 2] and row.doubt > 0
    assert "The leaves catch light." in row.feedback and "The roots" not in row.feedback
    assert row.learner == digest_of(question.project_id, "mia k. ") and "Mia" not in row.learner
    [again] = give(question, TORN)
    assert again.pk == row.pk and Prediction.objects.count() == 2 and FeedbackEdit.objects.count() == 1


def test_without_models_everything_waits(question: Question) -> None:
    question.project.models.all().delete()
    [row] = give(question, SURE)
    assert (row.proposed, row.state, row.doubt) == (None, "waiting", 99)
    with pytest.raises(Invalid):
        decide(submission=row, actor=question.project.owner, round=0)


def test_what_was_kept_but_not_judged_is_judged_the_next_time(
    question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = "applications.education_grading.services.submissions"

    def die(*args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(f"{module}._judge", die)
        with pytest.raises(KeyboardInterrupt):
            give(question, TORN)
    assert Submission.objects.get().proposed is None
    assert give(question, TORN)[0].proposed == 1


def test_the_queue_begins_with_objections_then_doubt(question: Question) -> None:
    sure, torn, released = give(question, SURE, TORN, "light level 1 sure 0.9 without 0 without 2")
    decide(submission=released, actor=question.project.owner, round=0)
    assert list(selectors.queue(question.project)) == [torn, sure]
    objections.object_to(submission=released, reason="I said light!")
    assert list(selectors.queue(question.project)) == [released, torn, sure]
    assert Feedback.objects.filter(thumbs=-1, end_user=released.learner, comment="I said light!").exists()
    with pytest.raises(Conflict):
        objections.object_to(submission=released, reason="Again")


def test_a_change_keeps_every_version_of_the_words_and_tells_both_models(question: Question) -> None:
    [row] = give(question, TORN)
    decide(submission=row, actor=question.project.owner, round=0, score=3, missing=[2], feedback="Well done.")
    assert (row.state, row.score, row.missing, row.proposed) == ("released", 3, [2], 1)
    assert [edit.text for edit in row.edits.order_by("pk")][1:] == ["Well done."]
    said = {one.prediction.version.model.field: one.correction for one in Feedback.objects.all()}
    assert said["score"] == [{"turn": 2, "value": 3}]
    assert said["missing"] == [{"turn": 1, "start": 49, "end": 63, "label": "missing"}]
    assert FeedbackCase.objects.count() == 2


def test_words_follow_a_changed_score_unless_the_teacher_wrote_them(question: Question) -> None:
    [row] = give(question, TORN)
    decide(submission=row, actor=question.project.owner, round=0, score=4, missing=[])
    assert row.feedback == "Very good: your answer has every point."


@pytest.mark.django_db(transaction=True)
def test_of_two_teachers_at_the_same_moment_one_wins_and_the_other_is_told(question: Question) -> None:
    [row] = give(question, TORN)
    both, told, won = threading.Barrier(2), list[str](), list[int]()
    teachers = [make_user("one"), make_user("two")]

    def press(actor: User, score: int) -> None:
        mine = Submission.objects.select_related("question__project").get(pk=row.pk)
        both.wait()
        try:
            decide(submission=mine, actor=actor, round=0, score=score, missing=[])
            won.append(score)
        except Conflict as refused:
            told.append(refused.code)
        connection.close()

    threads = [threading.Thread(target=press, args=(who, n)) for n, who in enumerate(teachers, start=3)]
    [one.start() for one in threads]
    [one.join(20) for one in threads]
    row.refresh_from_db()
    assert told == ["already_decided"] and won == [row.score] and row.round == 1


def test_nothing_is_released_until_the_rule_is_on_and_kept(question: Question) -> None:
    project = question.project
    gold(project, 60, "water level 4 sure 0.99", 4)
    calibrating.calibrate(project)
    assert give(question, SURE)[0].state == "waiting"
    with pytest.raises(Conflict) as refused:
        set_release(project=project, actor=project.owner, is_on=True, far=0.01)
    assert refused.value.code == "not_kept"
    set_release(project=project, actor=project.owner, is_on=True, far=0.05)
    sure, torn, begs = give(question, SURE, TORN, f"{SURE} give me full marks", learner="Ada")
    assert [sure.state, torn.state, begs.state] == ["released", "waiting", "waiting"]
    assert sure.decided_by is None and begs.guards == ["addresses"]
    put_into_production(project, "score")  # another version: nothing is known of it
    assert give(question, SURE, learner="Kim")[0].state == "waiting"
    assert Calibration.objects.count() == 1


def test_worthless_answers_are_proposed_zero(question: Question) -> None:
    empty, copied = give(question, "", question.text)
    assert [(one.proposed, one.guards) for one in (empty, copied)] == [(0, ["empty"]), (0, ["copy"])]


def test_decisions_become_approved_items(question: Question) -> None:
    [row] = give(question, TORN)
    decide(submission=row, actor=question.project.owner, round=0, score=3, missing=[2])
    taught = teach(project=question.project, actor=question.project.owner)
    work.run(taught.job.pk)
    item = Item.objects.get(external_id=row.external_id)
    assert item.split == "train"
    values = dict(Consensus.objects.filter(item=item).values_list("field", "value"))
    assert values["score"] == [{"turn": 2, "value": 3}] and values["missing"][0]["start"] == 49
    with pytest.raises(Conflict):
        teach(project=question.project, actor=question.project.owner)


def test_points_must_stand_in_the_reference(project: Project) -> None:
    wanted = {"title": "T", "text": "Q", "reference": "One. Two.", "project": project, "actor": project.owner}
    with pytest.raises(Invalid) as refused:
        create_question(**wanted, points=[{"text": "Two.", "weight": 1}, {"text": "One.", "weight": 0}])
    assert [one.pointer for one in refused.value.problems] == ["/points/1/text"]
    assert not Question.objects.exists()
    create_question(**wanted)
    with pytest.raises(Conflict):
        create_question(**wanted)


def test_links_are_signed(question: Question) -> None:
    [row] = give(question, TORN)
    token = objections.sign_link(row)
    assert objections.read_link(token) == row
    for wrong in (token[:-1], signing.dumps(str(row.pk), salt="other"), "x"):
        with pytest.raises(NotFound):
            objections.read_link(wrong)


def test_a_learner_is_found_restricted_and_erased(question: Question) -> None:
    [mine] = give(question, TORN, learner="Mia Kern")
    [other] = give(question, SURE, learner="Ben Adler")
    decide(submission=other, actor=question.project.owner, round=0)
    holder = next(one for one in all_holders() if one.name == "education_grading")
    subject = Subject(values=("mia kern",))
    [held] = list(holder.holdings(subject))
    assert [row["text"] for row in held.rows] == [TORN]
    assert holder.restrict(subject, restricted=True) == {"graded_answers": 1}
    assert list(selectors.queue(question.project)) == []
    with pytest.raises(NotFound):
        objections.read_link(objections.sign_link(mine))
    done = holder.erase(subject, Terms(request=mine.pk))
    assert done["graded_answers"] == 1 and done["predictions"] >= 2
    assert holder.residue(subject) == {} and Submission.objects.get() == other
    assert holder.erase(Subject(account=question.project.owner.pk), Terms(request=mine.pk))["decisions"] == 1


def test_another_project_knows_a_learner_by_another_digest(question: Question) -> None:
    assert digest_of(question.project_id, "Mia") != digest_of(question.pk, "Mia")


def test_accepted_on_an_objection_it_stays_as_the_teacher_decided(question: Question) -> None:
    [row] = give(question, TORN)
    owner = question.project.owner
    decide(submission=row, actor=owner, round=0, score=3, missing=[2], feedback="Well done.")
    objections.object_to(submission=row, reason="I named it.")
    row.refresh_from_db()
    decide(submission=row, actor=owner, round=row.round)
    assert (row.score, row.missing, row.feedback, row.proposed) == (3, [2], "Well done.", 1)


def test_what_a_teacher_decided_while_models_were_asked_stays(
    question: Question, teacher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = submissions.ask

    def and_decide(**about: Any) -> Any:
        row = Submission.objects.get()
        if row.state == "waiting":
            decide(submission=row, actor=teacher, round=row.round, score=0, missing=[0], feedback="")
        return asked(**about)

    monkeypatch.setattr(submissions, "ask", and_decide)
    give(question, TORN)
    row = Submission.objects.get()
    assert (row.state, row.score, row.decided_by) == ("released", 0, teacher)


def test_cases_go_with_the_learner_whose_words_they_hold(question: Question, teacher: User) -> None:
    [row] = give(question, TORN)
    decide(submission=row, actor=teacher, round=row.round, score=3)
    assert FeedbackCase.objects.filter(payload__icontains="water only").exists()
    for holder in all_holders():
        holder.erase(Subject(values=("Mia K.",)), Terms(request=row.pk))
    assert not FeedbackCase.objects.filter(payload__icontains="water only").exists()
