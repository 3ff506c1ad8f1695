"""Switching the release on: a worker asks the models first, switches it on if it can be kept, and says so."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import Notification
from applications.education_grading import calibrating, tasks
from applications.education_grading.models import Calibration, Question, ReleaseRule
from applications.education_grading.services.release import set_release
from tests.applications.education_grading.test_grading import gold
from tests.factories import client_of, make_user

pytestmark = pytest.mark.django_db
KNOWN = "water level 4 sure 0.99"


@pytest.fixture(autouse=True)
def sixty(question: Question) -> None:
    gold(question.project, 60, KNOWN, 4)


def switch_on(question: Question, far: float = 0.05) -> Calibration:
    project = question.project
    assert not set_release(project=project, actor=project.owner, is_on=True, far=far).is_on
    return Calibration.objects.get()


def test_it_waits_for_a_worker_who_does_it_and_says_so(question: Question) -> None:
    project, asker = question.project, make_user("asker")
    for _asked_twice in range(2):
        assert not set_release(project=project, actor=asker, is_on=True, far=0.05).is_on
    row = Calibration.objects.get()
    assert (row.state, row.wanted, row.asked_by) == ("queued", {"far": 0.05, "kappa": 0.0}, asker)
    calibrating.execute(row.pk)
    calibrating.execute(row.pk)
    rule = ReleaseRule.objects.get(project=project)
    assert rule.is_on and (rule.far, rule.changed_by) == (0.05, asker)
    [note] = Notification.objects.filter(user=asker)
    assert (note.kind, note.data["work"]) == ("work_done", "grading")
    row.refresh_from_db()
    assert (row.state, row.wanted, row.progress) == ("done", None, 100)


def test_what_cannot_be_kept_is_not_switched_on_and_why_is_said(question: Question) -> None:
    row = switch_on(question, far=0.01)
    calibrating.execute(row.pk)
    row.refresh_from_db()
    assert row.state == "failed" and "there are 60" in row.reason and len(row.known) == 60
    assert not calibrating.rule_of(question.project).is_on
    assert Notification.objects.get(user=question.project.owner).kind == "work_failed"


def test_switched_off_meanwhile_it_stays_off(question: Question, monkeypatch: pytest.MonkeyPatch) -> None:
    row, regrade = switch_on(question), calibrating.regrade

    def change_their_mind(*args: Any, **more: Any) -> Any:
        set_release(project=question.project, actor=question.project.owner, is_on=False)
        return regrade(*args, **more)

    monkeypatch.setattr(calibrating, "regrade", change_their_mind)
    calibrating.execute(row.pk)
    row.refresh_from_db()
    assert row.state == "done" and not Notification.objects.exists()
    assert not calibrating.rule_of(question.project).is_on


def test_what_was_decided_since_is_asked_about_anew(question: Question) -> None:
    row = calibrating.calibrate(question.project)
    assert row is not None and calibrating.is_up_to_date(row)
    gold(question.project, 1, KNOWN, 4)
    assert not calibrating.is_up_to_date(row)
    row = switch_on(question)
    assert row.state == "queued" and len(row.known) == 60  # what is known stays in force meanwhile


def test_a_worker_that_died_is_followed_by_another(question: Question) -> None:
    switch_on(question)
    long_ago = timezone.now() - timedelta(minutes=9)
    Calibration.objects.update(state="running", claim=uuid4(), heartbeat_at=long_ago)
    tasks.predict_grading_calibrations()
    Calibration.objects.update(queued_at=long_ago)
    tasks.predict_grading_calibrations()
    assert calibrating.rule_of(question.project).is_on


def test_rest_says_that_it_is_being_measured(question: Question) -> None:
    api = client_of(question.project.owner)
    url = f"/api/v1/projects/{question.project_id}/education-grading/release"
    said = api.put(url, {"is_on": True, "far": 0.05}, format="json")
    assert said.status_code == 202 and said.json()["measuring"] == {"state": "queued", "progress": 0}
    calibrating.execute(Calibration.objects.get().pk)
    said = api.get(url)
    assert said.json()["is_on"] and said.json()["measuring"] is None and said.json()["held_back"] == 60
