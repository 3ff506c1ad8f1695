"""Searches by the real engine and the real Optuna, in several processes, some of them killed."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import close_old_connections, connection
from django.utils import timezone

from accounts.models import User
from tasks_app.models import Project
from tests.factories import client_of
from tests.training.conftest import lines_of
from tests.training.test_execution import until
from training import execution, queue, trainers, trials
from training.models import ModelVersion, Recipe, Run, Search, Trial
from training.services.runs import cancel_run, resume_run, start_run
from training.study import Study
from training.trial_execution import TrialExecution

SPACE = {
    "learning_rate": {"low": 1e-5, "high": 5e-3, "log": True},
    "dropout": {"low": 0.0, "high": 0.3},
    "class_weights": {"choices": ["none", "balanced"]},
}
# Like a trainer, it asks again when there is nothing: while a search is prepared, others find none.
WORKER = """
import time
import django
django.setup()
from training import execution, queue
from training.models import Run
while Run.objects.filter(finished_at=None).exclude(state="cancelled").exists():
    if work := queue.claim_next():
        execution.carry_out(work)
    else:
        time.sleep(0.1)
"""
Make = Callable[..., Run]


@pytest.fixture
def searching(approved: Project, admin: User, quick_recipe: dict[str, Any]) -> Make:
    def make(recipe: dict[str, Any] | None = None, **search: Any) -> Run:
        return start_run(
            project=approved, field="intent", recipe={**quick_recipe, **(recipe or {})}, actor=admin,
            search={"trials": 3, "space": SPACE, **search},
        )  # fmt: skip

    return make


@pytest.fixture
def worker() -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Start a process that takes work until every run has ended."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    paths = os.pathsep.join([str(settings.BASE_DIR), str(settings.BASE_DIR / "platform")])
    env = os.environ | {
        "DATABASE_URL": url, "ARTIFACTS_DIR": str(settings.ARTIFACTS_DIR), "PYTHONPATH": paths,
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }  # fmt: skip
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen([sys.executable, "-c", WORKER], env=env))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def carry_out_all() -> int:
    pieces = 0
    while work := queue.claim_next():
        execution.carry_out(work)
        pieces += 1
    return pieces


def states(run: Run) -> list[str]:
    return list(Trial.objects.filter(search=run.pk).order_by("number").values_list("state", flat=True))


def _ended_before(run: Run, study: Study, number: int, *, value: float) -> None:
    """A complete trial that stood at `value` from the first tenth on."""
    trial = Trial(search=run.search, number=number, state="complete", value=value, finished_at=timezone.now())
    trial.optuna, trial.params = study.propose(run.search.space)
    study.is_hopeless(trial.optuna, dict.fromkeys(range(1, 11), value))
    study.tell(trial.optuna, value=value, state="complete")
    trial.save()


def test_a_search_ends_in_a_model_trained_with_the_best_recipe(searching: Make, admin: User) -> None:
    wide = {**SPACE, "learning_rate": {"low": 1e-8, "high": 1e-2, "log": True}}
    run = searching({"fit_head_first": False, "epochs": 6}, trials=5, name="found", pruner="none", space=wide)
    assert carry_out_all() == 6
    run = Run.objects.get(pk=run.pk)
    found, kept = Search.objects.get(run=run), Recipe.objects.get()
    assert run.state == "succeeded" and states(run) == ["complete"] * 5, run.reason
    best = max(Trial.objects.filter(search=found), key=lambda trial: (trial.value, -trial.number))
    assert (found.best, found.recipe, kept.name, kept.value) == (best, kept, "found", best.value)
    config = json.loads((run.folder / "config.json").read_text())
    assert all(config[name] == value == run.recipe[name] for name, value in best.params.items())
    assert ModelVersion.objects.get(run=run).number == 1
    again = start_run(project=run.project, field="intent", recipe="found", actor=admin)
    assert again.recipe == run.recipe


def test_when_a_trial_ends_the_share_of_each_setting_is_told_anew(searching: Make) -> None:
    run = searching(trials=5, final=False)
    study = Study(str(run.pk), pruner="none", seed=1)
    for number in range(1, 5):
        _ended_before(run, study, number, value=number / 10)
    carry_out_all()
    shares = Search.objects.get().importance
    assert set(shares) == set(SPACE) and sum(shares.values()) == pytest.approx(1)


def test_the_first_trial_is_the_recipe_as_it_was_sent(searching: Make) -> None:
    run = searching({"learning_rate": 2e-4, "dropout": 0.9}, trials=1, final=False)
    carry_out_all()
    params = Trial.objects.get().params
    assert params["learning_rate"] == pytest.approx(2e-4) and params["class_weights"] == "none"
    assert params["dropout"] <= 0.3, "what lies outside of the space is proposed anew"
    run.refresh_from_db()
    assert (run.state, run.report) == ("succeeded", None) and not ModelVersion.objects.exists()
    assert Recipe.objects.get().settings["learning_rate"] == pytest.approx(2e-4)


def test_a_search_never_sees_the_test_items(searching: Make) -> None:
    run = searching(trials=2, final=False)
    carry_out_all()
    for trial in Trial.objects.all():
        assert {path.name for path in trial.folder.glob("*.arrow")} == {"train.arrow", "dev.arrow"}
        report = json.loads((trial.folder / "report.json").read_text())
        assert report["test"] is None and report["baseline"]["split"] == "dev"
        evals = [line for line in lines_of(trial.folder / "metrics.jsonl") if line["event"] == "eval"]
        assert {line["split"] for line in evals} == {"dev"}
        assert trial.value == max(line["value"] for line in evals)
        assert not (trial.folder / "model").exists() and not (trial.folder / "checkpoints").exists()
    assert run.snapshot is None and Run.objects.get(pk=run.pk).snapshot is not None


def test_a_trial_that_keeps_its_last_epoch_is_worth_what_that_one_reached(searching: Make) -> None:
    searching({"keep": "last", "epochs": 6, "learning_rate": 5e-3, "patience": 0}, trials=1, final=False)
    held = TrialExecution(queue.claim_next())
    held.go()
    held.values |= {98: 0.9, 99: 0.1}
    held._update = lambda **changes: changes  # type: ignore[method-assign]
    held._tell = lambda state, value: told.append(value)  # type: ignore[method-assign]
    told: list[float | None] = []
    held._close("complete", "")
    assert told == [0.1]
    trial = Trial.objects.get()
    assert trial.value == dict(trial.values)[5]


def test_a_trial_that_falls_behind_is_pruned_and_its_engine_stopped(searching: Make) -> None:
    space = {"learning_rate": {"low": 1e-9, "high": 1e-2, "log": True}}
    run = searching({"epochs": 1000, "patience": 0}, trials=6, final=False, space=space)
    study = Study(str(run.pk), pruner="median", seed=1)
    for number in range(1, 6):
        _ended_before(run, study, number, value=2.0)
    carry_out_all()
    pruned = Trial.objects.get(number=6)
    assert pruned.state == "pruned" and 100 <= len(pruned.values) < 500
    assert not (pruned.folder / "report.json").exists()
    assert Search.objects.get().best.state == "complete"


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(900)  # three trainers share what cores there are
def test_trials_spread_over_trainers_and_a_killed_one_is_taken_up_again(
    searching: Make, worker: Callable[[], subprocess.Popen[bytes]], redis_url: str
) -> None:
    run = searching({"epochs": 200, "patience": 0, "checkpoint_steps": 10}, trials=6)
    workers = [worker(), worker()]
    until(lambda: Trial.objects.filter(state="running", progress__gt=0.1).count() == 2)
    victim, other = workers
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    lost = until(lambda: Trial.objects.filter(state="running").exclude(pk__in=beating()).first())
    Trial.objects.filter(pk=lost.pk).update(heartbeat_at=timezone.now() - trials.LOST_AFTER * 2)
    trainers.take_back_lost_runs()
    lost.refresh_from_db()
    assert (lost.state, lost.losses) == ("waiting", 1)
    third = worker()
    assert other.wait(timeout=300) == 0 and third.wait(timeout=300) == 0
    carry_out_all()
    run = Run.objects.get(pk=run.pk)
    lost.refresh_from_db()
    assert run.state == "succeeded", (run.reason, states(run))
    assert len(states(run)) == 6 and set(states(run)) <= {"complete", "pruned"}
    assert lost.losses == 1 and lost.values and Recipe.objects.count() == 1
    began = [line["state"] for line in lines_of(lost.folder / "metrics.jsonl") if line["event"] == "state"]
    assert "resumed" in began


def beating() -> list[int]:
    """The trials whose heartbeat moves."""
    before = dict(Trial.objects.filter(state="running").values_list("pk", "heartbeat_at"))
    time.sleep(3)
    after = dict(Trial.objects.filter(state="running").values_list("pk", "heartbeat_at"))
    return [pk for pk, at in after.items() if at != before.get(pk)]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_time_of_a_search_is_a_hard_limit(
    searching: Make, worker: Callable[[], subprocess.Popen[bytes]]
) -> None:
    run = searching({"epochs": 1000, "patience": 0}, trials=50, minutes=60, final=False, pruner="none")
    first, second = worker(), worker()
    until(lambda: Trial.objects.filter(state="running").exclude(value=None).exists(), seconds=240)
    spent = timezone.now() - Search.objects.get().began_at + timedelta(seconds=2)
    Search.objects.update(minutes=spent.total_seconds() / 60)
    end = Search.objects.get().deadline
    assert first.wait(timeout=60) == 0 and second.wait(timeout=60) == 0
    run = Run.objects.get(pk=run.pk)
    assert run.state == "succeeded" and set(states(run)) == {"stopped"}, run.reason
    assert timedelta(0) <= run.finished_at - end < timedelta(seconds=10), "engines are given 3 s to stop"
    assert Search.objects.get().best.value is not None


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_cancelled_search_stops_and_goes_on_where_it_was(
    searching: Make, admin: User, worker: Callable[[], subprocess.Popen[bytes]]
) -> None:
    run = searching({"epochs": 1000, "patience": 0, "checkpoint_steps": 3}, trials=2, final=False)
    process = worker()
    trial = until(lambda: Trial.objects.filter(state="running", progress__gt=0.001).first())
    assert cancel_run(run=run, actor=admin).state == "cancelled"
    until(lambda: Trial.objects.filter(pk=trial.pk, state="waiting").exists(), seconds=10)
    assert process.wait(timeout=30) == 0
    run.refresh_from_db()
    trial.refresh_from_db()
    assert (run.state, trial.state, run.search.began_at) == ("cancelled", "waiting", None)
    spent = Search.objects.get().spent_seconds
    assert spent > 0 and queue.claim_next() is None
    resume_run(run=run, actor=admin)
    again = queue.claim_next()
    assert isinstance(again, Trial) and again.pk == trial.pk and again.params == trial.params
    run.refresh_from_db()
    assert run.state == "running"


@pytest.mark.django_db(transaction=True)
def test_two_trainers_never_get_one_trial_nor_more_than_the_budget(searching: Make) -> None:
    searching(trials=7)
    barrier, found = threading.Barrier(10), []

    def take() -> None:
        close_old_connections()
        barrier.wait()
        for _ in range(3):
            if isinstance(work := queue.claim_next(), Trial):
                found.append(work.number)
        connection.close()

    threads = [threading.Thread(target=take) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while isinstance(work := queue.claim_next(), Trial):
        found.append(work.number)
    assert sorted(found) == list(range(1, 8))


def test_a_search_lets_others_of_its_priority_go_between_its_trials(
    searching: Make, approved: Project
) -> None:
    search = searching(trials=3)
    run = start_run(project=approved, field="intent", recipe={}, actor=None)
    taken = [queue.claim_next() for _ in range(4)]
    assert [type(work).__name__ for work in taken] == ["Trial", "Run", "Trial", "Trial"]
    assert taken[1].pk == run.pk and queue.claim_next() is None
    assert Run.objects.get(pk=search.pk).state == "running"


def test_a_trial_that_kills_every_trainer_fails_and_the_others_go_on(searching: Make, redis_url: str) -> None:
    run = searching(trials=2)
    trial = queue.claim_next()
    for losses in (1, 2):
        Trial.objects.filter(pk=trial.pk).update(heartbeat_at=timezone.now() - timedelta(hours=1))
        trainers.take_back_lost_runs()
        trial.refresh_from_db()
        assert (trial.state, trial.losses) == ("waiting", losses)
        assert queue.claim_next().pk == trial.pk
    Trial.objects.filter(pk=trial.pk).update(heartbeat_at=timezone.now() - timedelta(hours=1))
    trainers.take_back_lost_runs()
    trial.refresh_from_db()
    assert trial.state == "failed" and queue.claim_next().number == 2
    assert Run.objects.get(pk=run.pk).losses == 0


def test_a_search_in_which_nothing_works_says_why(searching: Make) -> None:
    run = searching({"base_model": "/nowhere/at/all"}, trials=20)
    carry_out_all()
    run.refresh_from_db()
    assert run.state == "failed" and "/nowhere/at/all" in run.reason
    assert states(run) == ["failed"] * trials.HOPELESS and not Recipe.objects.exists()
    resume_run(run=run, actor=None)
    assert states(run) == ["waiting"] * trials.HOPELESS, "the cause may have been mended meanwhile"
    again = queue.claim_next()
    assert isinstance(again, Trial) and (again.number, again.optuna, again.params) == (1, None, {})


def test_nothing_is_handed_out_when_the_time_is_up_and_the_last_one_ends_the_search(searching: Make) -> None:
    run = searching(trials=9, minutes=10)
    held = queue.claim_next()
    Search.objects.update(began_at=timezone.now() - timedelta(minutes=11))
    assert isinstance(work := queue.claim_next(), Search)
    execution.carry_out(work)
    assert queue.claim_next() is None and Run.objects.get(pk=run.pk).state == "running"
    Trial.objects.filter(pk=held.pk).update(state="stopped")
    trials.settle(run.pk)
    assert Run.objects.get(pk=run.pk).reason == "No trial ended within the budget."


def test_a_search_whose_last_trainer_died_is_ended_by_the_next(searching: Make, redis_url: str) -> None:
    run = searching(trials=1, final=False)
    trial = queue.claim_next()
    Trial.objects.filter(pk=trial.pk).update(state="complete", value=0.5)
    snapshot, _ = execution.snapshots.freeze(project=run.project, actor=None)
    Run.objects.filter(pk=run.pk).update(
        snapshot=snapshot, heartbeat_at=timezone.now() - timedelta(minutes=5)
    )
    assert queue.claim_next() is None
    trainers.take_back_lost_runs()
    work = queue.claim_next()
    assert isinstance(work, Search)
    execution.carry_out(work)
    assert Run.objects.get(pk=run.pk).state == "succeeded" and trials.settle(run.pk) is None


def test_who_lost_the_trial_writes_nothing(searching: Make) -> None:
    searching({"epochs": 1000, "patience": 0}, trials=1)
    held = TrialExecution(queue.claim_next())
    Trial.objects.update(claim="00000000-0000-0000-0000-000000000001")
    held.go()
    trial = Trial.objects.get()
    assert (trial.state, trial.params, trial.optuna) == ("running", {}, None)


@pytest.mark.parametrize(
    ("search", "pointers"),
    [
        ("yes", ["/search"]),
        ({"trials": 0}, ["/search/trials"]),
        ({"minutes": -1, "pruner": "axe"}, ["/search/minutes", "/search/pruner"]),
        ({"budget": 3}, ["/search/budget"]),
        ({"space": {}}, ["/search/space"]),
        ({"space": {"seed": {"low": 1, "high": 9}}}, ["/search/space/seed"]),
        ({"space": {"head": {"choices": ["choice", "embedding"]}}}, ["/search/space/head"]),
        ({"space": {"epochs": {"low": 0, "high": 9}}}, ["/search/space/epochs/low"]),
        ({"space": {"epochs": {"low": 9, "high": 3}}}, ["/search/space/epochs/high"]),
        ({"space": {"epochs": {"low": 2.5, "high": 3}}}, ["/search/space/epochs/low"]),
        ({"space": {"dropout": {"low": 0, "high": 0.5, "log": True}}}, ["/search/space/dropout/log"]),
        ({"space": {"class_weights": {"low": 0, "high": 1}}}, ["/search/space/class_weights"]),
        (
            {"space": {"class_weights": {"choices": ["none", "odd"]}}},
            ["/search/space/class_weights/choices/1"],
        ),
        ({"space": {"class_weights": {"choices": ["none"]}}}, ["/search/space/class_weights/choices"]),
        ({"space": {"dropout": 3}}, ["/search/space/dropout"]),
    ],
)
def test_a_bad_search_is_refused_with_pointers(
    approved: Project, admin: User, search: Any, pointers: list[str]
) -> None:
    body = {"project": str(approved.pk), "field": "intent", "search": search}
    answer = client_of(admin).post("/api/v1/runs", body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == pointers
    assert not Run.objects.exists()


def test_rest_starts_a_search_and_shows_its_trials(approved: Project, admin: User, stranger: User) -> None:
    client = client_of(admin)
    body = {"project": str(approved.pk), "field": "intent", "search": {"trials": 4, "minutes": 30}}
    sent = client.post("/api/v1/runs", body, headers={"Idempotency-Key": "s1"})
    assert sent.status_code == 201 and sent.json()["search"]["state"] == "searching"
    assert (
        client.post("/api/v1/runs", body, headers={"Idempotency-Key": "s1"}).json()["id"] == sent.json()["id"]
    )
    assert Search.objects.count() == 1 and {"learning_rate", "epochs"} <= set(sent.json()["search"]["space"])
    queue.claim_next()
    url = f"/api/v1/runs/{sent.json()['id']}"
    [trial] = client.get(f"{url}/trials").json()["results"]
    assert (trial["number"], trial["state"]) == (1, "running")
    assert client_of(stranger).get(f"{url}/trials").status_code == 404
    assert client.get("/api/v1/runs").json()["results"][0]["search"]["trials"] == 4


def test_recipes_are_kept_named_and_dropped(approved: Project, admin: User, stranger: User) -> None:
    client = client_of(admin)
    body = {"project": str(approved.pk), "field": "intent", "name": "gentle", "settings": {"epochs": 2}}
    kept = client.post("/api/v1/recipes", body)
    assert kept.status_code == 201 and client.post("/api/v1/recipes", body).status_code == 409
    bad = client.post("/api/v1/recipes", {**body, "name": "x", "settings": {"epochs": 0}})
    assert bad.status_code == 422
    assert client.post("/api/v1/recipes", {**body, "whole_site": True}).status_code == 201
    run = client.post("/api/v1/runs", {"project": str(approved.pk), "field": "intent", "recipe": "gentle"})
    assert run.status_code == 201 and run.json()["recipe"]["epochs"] == 2
    unknown = client.post("/api/v1/runs", {"project": str(approved.pk), "field": "intent", "recipe": "nope"})
    assert unknown.status_code == 422 and unknown.json()["errors"][0]["pointer"] == "/recipe"
    assert len(client.get("/api/v1/recipes").json()["results"]) == 2
    url = f"/api/v1/recipes/{kept.json()['id']}"
    assert client_of(stranger).get(url).status_code == client_of(stranger).delete(url).status_code == 404
    assert client.delete(url).status_code == 204 and client.get(url).status_code == 404


def test_a_recipe_of_another_head_is_refused(approved: Project, admin: User) -> None:
    Recipe.objects.create(project=approved, name="spans", head="span", settings={"epochs": 2})
    body = {"project": str(approved.pk), "field": "intent", "recipe": "spans"}
    answer = client_of(admin).post("/api/v1/runs", body)
    assert answer.status_code == 422 and answer.json()["errors"][0]["code"] == "other_head"
