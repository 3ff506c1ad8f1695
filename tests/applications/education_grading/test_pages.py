"""Pages and the file: what is released counts, nothing runs in a spreadsheet, and what is missing is said."""

import csv
import io

import pytest
from django.test import Client

from applications.education_grading import calibrating, selectors
from applications.education_grading.models import Calibration, Question
from applications.education_grading.services.decisions import decide
from tasks_app.importing import job as work
from tasks_app.models import ImportJob, Item
from tests.applications.education_grading.test_grading import SURE, TORN, give, gold
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def teachers(question: Question, client: Client) -> Client:
    client.force_login(question.project.owner)
    return client


def page_of(question: Question, end: str = "") -> str:
    return f"/projects/{question.project_id}/education-grading/{end}"


def test_the_class_counts_what_is_released_and_says_by_whom(teachers: Client, question: Question) -> None:
    decided, alone, _waits = give(question, TORN, SURE, "light level 1 sure 0.9 without 0")
    decide(submission=decided, actor=question.project.owner, round=0, score=2, missing=[1])
    type(alone).objects.filter(pk=alone.pk).update(state="released")
    [one] = selectors.overview(question.project, 4)
    assert (one.handed, one.released, one.decided) == (3, 2, 1)
    assert one.scores == [0, 0, 1, 0, 1] and one.missed == [("The leaves catch light.", 1)]
    html = teachers.get(page_of(question, "class/")).content.decode()
    assert "Teach the models 1 decision" in html and "Those of released answers" not in html
    assert "counts for nobody yet" in html


def test_decisions_are_taught_from_the_page(teachers: Client, question: Question) -> None:
    [row] = give(question, TORN)
    decide(submission=row, actor=question.project.owner, round=0, score=2)
    answer = teachers.post(page_of(question, "class/teach/"), follow=True).content.decode()
    assert "Being imported as approved answers." in answer
    work.run(ImportJob.objects.get().pk)
    assert Item.objects.get().external_id == row.external_id
    assert "There is nothing new to learn from." in (
        teachers.post(page_of(question, "class/teach/"), follow=True).content.decode()
    )


def test_the_file_has_released_answers_and_no_formula(teachers: Client, question: Question) -> None:
    formula, _waits = give(question, "=1+1 level 2 sure 0.9", SURE)
    decide(submission=formula, actor=question.project.owner, round=0, score=3, missing=[0])
    response = teachers.get(page_of(question, "class/export/"))
    assert response["Content-Type"].startswith("text/csv") and "grades.csv" in response["Content-Disposition"]
    [row] = csv.DictReader(io.StringIO(response.content.decode()))
    assert (row["score"], row["marks"], row["max_score"], row["by_teacher"]) == ("3", "6", "8", "True")
    assert row["missing"] == "The roots take up water." and row["answer"].startswith("'=1+1")
    assert row["learner"] == formula.learner[:16] and "Mia" not in response.content.decode()


def test_the_release_page_says_what_it_takes(teachers: Client, question: Question) -> None:
    project, path = question.project, page_of(question, "release/")
    calibrating.calibrate(project)
    assert "It takes at least 45 of them" in teachers.get(path).content.decode()
    refused = teachers.post(path, {"is_on": "on", "far": "0.05", "kappa": "0"})
    assert refused.status_code == 422 and "at least 45 answers" in refused.content.decode()
    gold(project, 60, "water level 4 sure 0.99", 4)
    assert teachers.post(path, {"is_on": "on", "far": "0.05", "kappa": "0"}).status_code == 302
    assert "being asked about the answers held back" in teachers.get(path).content.decode()
    calibrating.execute(Calibration.objects.get().pk)
    assert "holds up to a doubt of" in teachers.get(path).content.decode()


def test_without_models_each_page_says_so(teachers: Client, question: Question) -> None:
    words = "Every answer waits for a teacher, and nothing is proposed."
    ends = ("", "questions/", f"questions/{question.pk}/", "class/", "release/")
    assert not any(words in teachers.get(page_of(question, end)).content.decode() for end in ends)
    question.project.models.all().delete()
    assert all(words in teachers.get(page_of(question, end)).content.decode() for end in ends)


@pytest.mark.parametrize("end", ["", "questions/", "class/", "class/export/", "release/"])
def test_a_stranger_finds_nothing(question: Question, client: Client, end: str) -> None:
    client.force_login(make_user("stranger"))
    assert client.get(page_of(question, end)).status_code == 404
