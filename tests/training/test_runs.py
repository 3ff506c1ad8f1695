from typing import Any
from unittest.mock import patch

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from common.errors import Conflict, Invalid
from common.models import AuditEvent
from tasks_app.models import Project
from tests.factories import CHOICE, SPAN, TEXT, client_of, make_project
from tests.training.conftest import approve
from training import tasks
from training.models import Run
from training.services.runs import cancel_run, resume_run, start_run
from training.services.snapshots import freeze_snapshot


def body_of(project: Project, **more: Any) -> dict[str, Any]:
    return {"project": str(project.pk), "field": "intent", "recipe": {"epochs": 1}, **more}


def test_it_queues_a_run_once_the_transaction_holds(
    approved: Project, admin: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with patch.object(tasks.execute_run, "apply_async") as send:
        with django_capture_on_commit_callbacks(execute=True):
            run = start_run(project=approved, field="intent", recipe={"epochs": 2}, actor=admin)
            send.assert_not_called()
        send.assert_called_once_with((str(run.pk),), countdown=0.0)
    assert (run.state, run.number, run.recipe) == ("queued", 1, {"epochs": 2, "base_model": "starter"})


def test_too_few_examples_are_refused_with_what_is_missing(project: Project, admin: User) -> None:
    approve(project, 8)
    answer = client_of(admin).post("/api/v1/runs", body_of(project))
    assert answer.status_code == 409
    assert [error["detail"].split()[0] for error in answer.json()["errors"]] == ["train", "test"]
    assert not Run.objects.exists()
    assert not AuditEvent.objects.filter(action="run.started").exists()


@pytest.mark.parametrize(
    ("recipe", "pointers"),
    [
        ({"epochs": 0}, ["/recipe/epochs"]),
        ({"epochs": "3", "learning_rate": 7}, ["/recipe/epochs", "/recipe/learning_rate"]),
        ({"epoch": 3}, ["/recipe/epoch"]),
        ({"head": "span"}, ["/recipe/head"]),
        ({"stride": 200}, ["/recipe/stride"]),
    ],
)
def test_a_bad_recipe_is_refused_with_pointers(
    approved: Project, admin: User, recipe: dict[str, Any], pointers: list[str]
) -> None:
    answer = client_of(admin).post("/api/v1/runs", body_of(approved, recipe=recipe))
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == pointers
    assert not Run.objects.exists()


def test_settings_that_only_clash_together_point_at_the_recipe(approved: Project, admin: User) -> None:
    with pytest.raises(Invalid) as refused:
        start_run(project=approved, field="intent", recipe={"stride": 100, "max_length": 190}, actor=admin)
    assert [problem.pointer for problem in refused.value.problems] == ["/recipe"]


def test_a_text_field_needs_a_model_that_can_write(admin: User) -> None:
    project = make_project(fields=[CHOICE, SPAN, TEXT], funds=0)
    with pytest.raises(Invalid) as refused:
        start_run(project=project, field="reply", recipe={}, actor=admin)
    [problem] = refused.value.problems
    assert problem.pointer == "/recipe" and "causal decoder as base_model" in problem.detail


def test_a_type_without_a_head_is_named_in_the_refusal(admin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.freezing.FIELD_TYPES", ("choice", "span"))
    project = make_project(fields=[CHOICE, {"name": "best", "type": "rank"}], funds=0)
    answer = client_of(admin).post("/api/v1/runs", body_of(project, field="best"))
    assert answer.status_code == 422
    error = answer.json()["errors"][0]
    assert (error["pointer"], error["code"]) == ("/field", "no_head")
    assert "“rank”" in error["detail"] and "intent" in error["detail"]


def test_a_queued_run_is_cancelled_at_once_and_only_once(approved: Project, admin: User) -> None:
    run = start_run(project=approved, field="intent", recipe={}, actor=admin)
    client = client_of(admin)
    assert client.post(f"/api/v1/runs/{run.pk}/cancel").json()["state"] == "cancelled"
    assert client.post(f"/api/v1/runs/{run.pk}/cancel").status_code == 409
    assert AuditEvent.objects.filter(action="run.cancelled").count() == 1


def test_a_running_run_is_asked_to_stop(approved: Project, admin: User) -> None:
    run = start_run(project=approved, field="intent", recipe={}, actor=admin)
    snapshot, _new = freeze_snapshot(project=approved, actor=None)  # without one it would end at once
    Run.objects.filter(pk=run.pk).update(state="running", snapshot=snapshot)
    assert cancel_run(run=run, actor=admin).cancel_requested
    with pytest.raises(Conflict):
        cancel_run(run=run, actor=admin)


def test_only_an_ended_run_is_taken_up_again(approved: Project, admin: User) -> None:
    run = start_run(project=approved, field="intent", recipe={}, actor=admin)
    with pytest.raises(Conflict):
        resume_run(run=run, actor=admin)
    cancel_run(run=run, actor=admin)
    assert resume_run(run=run, actor=admin).state == "queued"
    Run.objects.filter(pk=run.pk).update(state="succeeded")
    with pytest.raises(Conflict):
        resume_run(run=run, actor=admin)


def test_one_key_starts_one_run(approved: Project, admin: User) -> None:
    client = client_of(admin)
    first = client.post("/api/v1/runs", body_of(approved), headers={"Idempotency-Key": "k1"})
    second = client.post("/api/v1/runs", body_of(approved), headers={"Idempotency-Key": "k1"})
    assert first.status_code == second.status_code == 201
    assert first.json()["id"] == second.json()["id"] and Run.objects.count() == 1
    other = client.post("/api/v1/runs", body_of(approved, recipe={}), headers={"Idempotency-Key": "k1"})
    assert other.status_code == 409


def test_rest_shows_a_run(approved: Project, admin: User) -> None:
    run = start_run(project=approved, field="intent", recipe={}, actor=admin)
    run.points.create(kind="step", step=1, values={"loss": 2.0})
    run.points.create(kind="step", step=2, values={"loss": 1.0})
    client = client_of(admin)
    shown = client.get(f"/api/v1/runs/{run.pk}").json()
    assert shown["state"] == "queued" and shown["evaluation"] is None and shown["model"] is None
    assert shown["metrics"] == {"step": {"step": 2, "loss": 1.0}}
    points = client.get(f"/api/v1/runs/{run.pk}/metrics?after=1").json()["results"]
    assert [point["loss"] for point in points] == [1.0]
    assert len(client.get("/api/v1/runs?state=queued").json()["results"]) == 1
    assert client.get("/api/v1/runs?state=odd").status_code == 422


def test_a_stranger_gets_404_everywhere(approved: Project, admin: User, stranger: User) -> None:
    run = start_run(project=approved, field="intent", recipe={}, actor=admin)
    client = client_of(stranger)
    assert client.get("/api/v1/runs").status_code == 404
    assert client.post("/api/v1/runs", body_of(approved)).status_code == 404
    assert client.get(f"/api/v1/runs/{run.pk}").status_code == 404
    assert client.get(f"/api/v1/runs/{run.pk}/metrics").status_code == 404
    assert client.post(f"/api/v1/runs/{run.pk}/cancel").status_code == 404
    assert client.post(f"/api/v1/runs/{run.pk}/resume").status_code == 404
    run.refresh_from_db()
    assert run.state == "queued" and Run.objects.count() == 1


def test_nobody_signed_in_gets_401(approved: Project) -> None:
    assert client_of(None).get("/api/v1/runs").status_code == 401
