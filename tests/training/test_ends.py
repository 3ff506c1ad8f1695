"""Long work ends with a word to whoever asked for it, once, in their language, leading to its page."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import override

from accounts.models import Notification, User
from applications.education_grading.models import Calibration as Grading
from applications.health_triage.models import Calibration
from applications.recommendation.models import Mixture
from applications.social_content.models import Floor
from common import audit_checks
from common.ends import WORKS
from common.models import AuditLink
from privacy.models import CanaryEstimate, Rescan
from tasks_app.models import Project
from tasks_app.protecting import jobs
from training import background, curve_fitting, execution, trainers
from training.background import State
from training.models import (
    Analysis,
    LearningCurve,
    ModelVersion,
    Preannotation,
    Run,
    ServingRuntime,
    VersionComparison,
)
from training.models.serving import Work

pytestmark = pytest.mark.django_db
RUNNING = {"state": State.RUNNING, "heartbeat_at": timezone.now()}


@pytest.fixture
def pair(make_version: Callable[..., ModelVersion]) -> list[ModelVersion]:
    return [make_version(), make_version()]


def works(pair: list[ModelVersion], asker: User) -> dict[str, Work]:
    """One of each kind of work on the `predict` queue, at work."""
    first, second = pair
    project = first.model.project
    at_work: dict[str, Any] = {**RUNNING, "claim": uuid4()}
    asked: dict[str, Any] = {**at_work, "created_by": asker}
    both = {"condition_version": first, "urgency_version": second}
    wished: dict[str, Any] = {**at_work, "asked_by": asker}
    return {
        "analysis": Analysis.objects.create(project=project, keys={}, options={}, **asked),
        "suggestions": Preannotation.objects.create(project=project, version=first, field="intent", **asked),
        "comparison": VersionComparison.objects.create(version=first, other=second, **wished),
        "calibration": Calibration.objects.create(project=project, **both, **wished),
        "floor": Floor.objects.create(project=project, **wished),
        "mixture": Mixture.objects.create(project=project, **wished),
        "runtime": ServingRuntime.objects.create(version=first, **wished),
        "grading": Grading.objects.create(
            project=project, score_version=first, missing_version=second, **wished
        ),
    }


def told(person: User) -> list[tuple[str, str]]:
    rows = Notification.objects.filter(user=person, kind__startswith="work_").order_by("created_at")
    return [(row.kind, row.data["work"]) for row in rows]


@pytest.mark.parametrize("end", [State.DONE, State.FAILED])
def test_the_end_of_each_kind_is_told_once(pair: list[ModelVersion], end: State) -> None:
    owner = pair[0].model.project.owner
    for name, row in works(pair, owner).items():
        background.update(row, state=State.RUNNING)
        background.update(row, state=end, claim=None)
        with pytest.raises(background.Lost):
            background.update(row, state=end, claim=None)
        expected = ("work_done" if end == State.DONE else "work_failed", name)
        assert told(owner) == [expected]
        Notification.objects.all().delete()


def test_work_that_another_worker_has_or_that_goes_on_later_is_not_told(pair: list[ModelVersion]) -> None:
    owner = pair[0].model.project.owner
    row = works(pair, owner)["suggestions"]
    Preannotation.objects.filter(pk=row.pk).update(claim=uuid4())
    with pytest.raises(background.Lost):
        background.update(row, state=State.DONE)
    row.refresh_from_db()
    background.update(row, state=State.QUEUED, claim=None)
    assert told(owner) == []


def test_what_a_person_asked_for_is_told_to_that_person_alone(pair: list[ModelVersion], admin: User) -> None:
    for name, row in works(pair, admin).items():
        background.update(row, state=State.DONE)
        [note] = Notification.objects.filter(kind="work_done")
        assert (note.user, note.data["work"]) == (admin, name)
        assert note.data["project"] == pair[0].model.project.title and note.url.startswith("/")
        note.delete()


def test_what_the_platform_does_by_itself_is_told_to_the_owner_or_nobody(pair: list[ModelVersion]) -> None:
    owner = pair[0].model.project.owner
    rows = works(pair, owner)
    for name in ("calibration", "floor", "mixture", "comparison", "runtime", "grading"):
        rows[name].asked_by = None  # type: ignore[attr-defined]
        background.update(rows[name], state=State.DONE)
    assert [work for _kind, work in told(owner)] == ["calibration", "floor", "mixture", "comparison"]


@pytest.mark.parametrize(("broken", "kind"), [(False, "work_done"), (True, "work_failed")])
def test_whoever_has_the_audit_log_verified_is_told(admin: User, broken: bool, kind: str) -> None:
    audit_checks.ask_check(actor=admin.pk)
    if broken:
        AuditLink.objects.create(position=1, event=987_654, previous=b"", hash=b"x", sealed_at=timezone.now())
    assert audit_checks.run_checks() == 1 and audit_checks.run_checks() == 0
    assert told(admin) == [(kind, "audit")]


def test_a_verification_that_the_clock_or_somebody_gone_asked_for_tells_nobody() -> None:
    for actor in (None, uuid4()):
        audit_checks.ask_check(actor=actor)
        audit_checks.run_checks()
    assert not Notification.objects.exists()


@pytest.fixture
def run(approved: Project, admin: User) -> Run:
    return Run.objects.create(
        project=approved, number=7, field="intent", queued_at=timezone.now(), created_by=admin,
        claim=uuid4(), **RUNNING,
    )  # fmt: skip


def test_a_run_that_fails_is_told_and_one_that_is_cancelled_or_given_back_is_not(
    run: Run, admin: User
) -> None:
    for state in (Run.State.QUEUED, Run.State.CANCELLED, Run.State.FAILED):
        Run.objects.filter(pk=run.pk).update(state=Run.State.RUNNING, claim=run.claim)
        execution.Execution(run)._close(state, "why")
    assert told(admin) == [("work_failed", "run")]


def test_a_run_that_outlives_its_trainers_is_told_to_have_failed(run: Run, admin: User) -> None:
    Run.objects.filter(pk=run.pk).update(
        losses=trainers.MOST_LOSSES, heartbeat_at=timezone.now() - 2 * trainers.FREEZING_TAKES
    )
    assert trainers.take_back_lost_runs() == []
    assert trainers.take_back_lost_runs() == []
    run.refresh_from_db()
    assert (run.state, told(admin)) == ("failed", [("work_failed", "run")])


def test_nobody_is_told_of_a_run_that_nobody_asked_for(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(created_by=None)
    run.created_by_id = None
    execution.Execution(run)._close(Run.State.FAILED, "why")
    assert not Notification.objects.exists()


def test_a_curve_is_told_drawn_or_not(run: Run, admin: User) -> None:
    for state in (LearningCurve.State.DONE, LearningCurve.State.FAILED):
        curve = LearningCurve.objects.create(
            run=run, metric="micro_f1", state="running", claim=uuid4(), created_by=admin
        )
        assert curve.claim is not None
        curve_fitting.CurveExecution(curve, curve.claim)._close(state)
    assert told(admin) == [("work_done", "curve"), ("work_failed", "curve")]


@pytest.mark.parametrize("kind", [CanaryEstimate, Rescan])
def test_measuring_and_reading_again_are_told(kind: Any, approved: Project, admin: User) -> None:
    extra = {"seed": 1} if kind is CanaryEstimate else {}
    good = kind.objects.create(project=approved.pk, asked_by=admin, **extra)
    bad = kind.objects.create(project=approved.pk, asked_by=admin, **extra)

    def break_down(job: Any) -> None:
        raise ValueError

    jobs.run(kind, good.pk, lambda job: None)
    jobs.run(kind, good.pk, lambda job: None)
    jobs.run(kind, bad.pk, break_down)
    name = jobs.WORKS[kind]
    assert told(admin) == [("work_done", name), ("work_failed", name)]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_each_end_has_words_of_its_own(language: str) -> None:
    said = set()
    with override(language):
        for work in WORKS:
            for kind in ("work_done", "work_failed"):
                note = Notification(kind=kind, data={"work": work, "project": "Parcels"})
                said.add(render_to_string("accounts/_notification_text.html", {"note": note}).strip())
    assert len(said) == 2 * len(WORKS) and all(said)
    assert sum("Parcels" in words for words in said) == 2 * (len(WORKS) - 1)  # the audit log is of no project
