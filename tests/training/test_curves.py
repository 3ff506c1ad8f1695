"""Learning curves: asked once, drawn by a trainer that may die, kept point by point, never overpromised."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from common.errors import Conflict
from tests.factories import client_of
from training import curve_fitting, holding, trainers
from training.curve_page import CurvePage
from training.engine.data import read_arrow
from training.freezing import file_sha256
from training.models import LearningCurve, Run
from training.services.curves import start_curve

RISING = [
    {"share": share, "draw": draw, "examples": int(share * 800), "value": 0.9 - 1.2 * (share * 800) ** -0.5}
    for share, draw in curve_fitting.planned(800)
]


@pytest.fixture
def curve(judged: Run, quick_recipe: dict[str, Any], admin: User) -> LearningCurve:
    judged.recipe = quick_recipe
    judged.save()
    return start_curve(run=judged, mode="quick", actor=admin)


@pytest.fixture
def by_share(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """In place of the engine: the score follows from how many rows it is given. What it was given."""
    given: list[list[str]] = []

    def engine(self: curve_fitting.CurveExecution, folder: Any) -> int:
        given.append([row.id for row in read_arrow(folder / "train.arrow")])
        self._beat()
        return holding.SUCCEEDED

    def value(self: curve_fitting.CurveExecution, folder: Any) -> float:
        return 0.9 - 1.2 * len(given[-1]) ** -0.5

    monkeypatch.setattr(curve_fitting.CurveExecution, "_run_engine", engine)
    monkeypatch.setattr(curve_fitting.CurveExecution, "_value", value)
    return given


def test_every_planned_part_becomes_a_point(curve: LearningCurve, by_share: list[list[str]]) -> None:
    curve_fitting.execute(curve.pk)
    curve.refresh_from_db()
    assert (curve.state, curve.reason, curve.claim) == ("done", "", None)
    assert curve.run.snapshot is not None
    whole = curve.run.snapshot.counts["intent"]["train"]
    assert curve.planned == len(curve.points) == len(by_share) == len(curve_fitting.planned(whole))
    assert [point["examples"] for point in curve.points] == [len(part) for part in by_share]
    smallest, largest = set(by_share[0]), set(by_share[-1])
    assert smallest < largest and len(largest) == whole
    assert curve.forecast["reason"] == "too_few"  # so few items give three amounts
    assert not curve.folder.exists()


def test_a_killed_trainers_points_are_kept(curve: LearningCurve, by_share: list[list[str]]) -> None:
    real = curve_fitting.CurveExecution._add_point
    calls = iter(range(100))

    def dies(self: curve_fitting.CurveExecution, *arguments: Any) -> None:
        if next(calls) == 2:
            raise KeyboardInterrupt
        real(self, *arguments)

    with patch.object(curve_fitting.CurveExecution, "_add_point", dies), pytest.raises(KeyboardInterrupt):
        curve_fitting.execute(curve.pk)
    curve.refresh_from_db()
    assert curve.state == "running" and len(curve.points) == 2
    assert curve_fitting.take_back_lost() == []
    LearningCurve.objects.update(
        heartbeat_at=timezone.now() - timedelta(minutes=9), created_at=timezone.now() - timedelta(minutes=9)
    )
    assert curve_fitting.take_back_lost() == [curve.pk]
    curve_fitting.execute(curve.pk)
    curve.refresh_from_db()
    assert curve.state == "done" and len(by_share) == curve.planned  # nothing was trained twice


def test_an_engine_that_is_killed_every_time_ends_it(curve: LearningCurve) -> None:
    with patch.object(curve_fitting.CurveExecution, "_run_engine", lambda self, folder: -9):
        for _ in range(trainers.MOST_LOSSES + 1):
            curve_fitting.execute(curve.pk)
    curve.refresh_from_db()
    assert curve.state == "failed" and "memory" in curve.reason


def test_a_curve_that_outlives_every_trainer_fails(curve: LearningCurve) -> None:
    LearningCurve.objects.update(
        state="running", heartbeat_at=timezone.now() - timedelta(hours=1), losses=trainers.MOST_LOSSES
    )
    assert curve_fitting.take_back_lost() == []
    curve.refresh_from_db()
    assert curve.state == "failed" and "memory" in curve.reason


def test_who_lost_it_writes_nothing(curve: LearningCurve, by_share: list[list[str]]) -> None:
    real = curve_fitting.CurveExecution._run_engine

    def stolen(self: curve_fitting.CurveExecution, folder: Any) -> int | None:
        LearningCurve.objects.update(claim=uuid4())
        return real(self, folder)

    with patch.object(curve_fitting.CurveExecution, "_run_engine", stolen):
        curve_fitting.execute(curve.pk)
    curve.refresh_from_db()
    assert curve.state == "running" and curve.points == []


def test_a_worker_that_shuts_down_gives_it_back(curve: LearningCurve, by_share: list[list[str]]) -> None:
    holding.stopping.set()
    try:
        curve_fitting.execute(curve.pk)
    finally:
        holding.stopping.clear()
    curve.refresh_from_db()
    assert (curve.state, curve.claim) == ("queued", None)


def test_a_broken_base_model_is_a_reason_on_the_page(curve: LearningCurve, admin: User) -> None:
    Run.objects.update(recipe={"base_model": "/nowhere"})
    curve_fitting.execute(curve.pk)
    curve.refresh_from_db()
    assert curve.state == "failed" and "nowhere" in curve.reason
    assert "nowhere" in page_of(curve.run, admin)


@pytest.mark.slow
def test_the_engine_draws_it_and_leaves_the_snapshot_as_it_is(curve: LearningCurve) -> None:
    with patch.object(curve_fitting, "PLAN", ((0.5, 1), (1.0, 1))):
        curve_fitting.execute(curve.pk)
    curve.refresh_from_db()
    assert curve.state == "done", curve.reason
    assert all(0 <= point["value"] <= 1 for point in curve.points) and len(curve.points) == 2
    snapshot = curve.run.snapshot
    assert snapshot is not None
    for name, digest in snapshot.files.items():
        assert file_sha256(snapshot.folder / name) == digest


def test_asked_again_it_is_the_same_one(curve: LearningCurve, admin: User, stranger: User) -> None:
    url = f"/api/v1/runs/{curve.run_id}/curves"
    again = client_of(admin).post(url, {"mode": "full"}, format="json")
    assert again.status_code == 202 and again.json()["id"] == str(curve.pk)
    assert [row["id"] for row in client_of(admin).get(url).json()["results"]] == [str(curve.pk)]
    assert client_of(admin).post(url, {"mode": "slow"}, format="json").status_code == 422
    assert client_of(stranger).get(url).status_code == 404
    assert client_of(stranger).post(url, {}, format="json").status_code == 404
    assert LearningCurve.objects.count() == 1


def test_a_run_that_was_not_tested_has_none(approved: Any, admin: User) -> None:
    run = Run.objects.create(project=approved, number=5, field="intent", queued_at=timezone.now())
    with pytest.raises(Conflict):
        start_curve(run=run, mode="quick", actor=admin)


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_once_get_one(judged: Run, admin: User) -> None:
    start, found = threading.Barrier(2), []

    def ask() -> None:
        start.wait()
        try:
            found.append(start_curve(run=judged, mode="quick", actor=admin).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1 and LearningCurve.objects.count() == 1


def page_of(run: Run, user: User, rest: str = "") -> str:
    client = Client()
    client.force_login(user)
    return client.get(f"/training/runs/{run.pk}/{rest}").content.decode()


def test_the_page_starts_follows_and_shows_it(
    judged: Run, admin: User, stranger: User, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    client, other = Client(), Client()
    client.force_login(admin)
    other.force_login(stranger)
    assert "Draw it quickly" in page_of(judged, admin)
    assert other.post(f"/training/runs/{judged.pk}/curve/").status_code == 404
    assert client.post(f"/training/runs/{judged.pk}/curve/", {"mode": "quick"}).status_code == 302
    assert 'hx-trigger="every 3s"' in page_of(judged, admin, "curve/")
    said = {"reason": "", "now": 800, "more": 500, "gain": 0.014, "low": 0.003, "high": 0.022,
            "curve": {"a": 0.9, "b": 1.2, "c": 0.5}, "explained": 0.9}  # fmt: skip
    LearningCurve.objects.update(state="done", points=RISING, planned=len(RISING), forecast=said)
    page = page_of(judged, admin)
    assert "500 more items: about +1.4 accuracy (between 0.3 and 2.2), in points." in page
    assert "Draw it quickly" in page and 'hx-trigger="every 3s"' not in page
    assert page.count("curve.csv") == 1
    assert page_of(judged, admin, "curve.csv").splitlines()[0].startswith("Share,training items")
    dots, line = CurvePage(judged).figure["data"]
    assert len(dots["x"]) == len(RISING) and max(line["x"]) == 1300


@pytest.mark.parametrize(("reason", "words"), [("too_few", "Too few points"), ("noise", "scatter more")])
def test_without_a_forecast_it_says_why(judged: Run, admin: User, reason: str, words: str) -> None:
    LearningCurve.objects.create(
        run=judged, metric="accuracy", state="done", points=RISING[:2], planned=2,
        forecast={"reason": reason, "now": 0, "more": 0, "gain": 0, "low": 0, "high": 0, "curve": None},
    )  # fmt: skip
    assert words in page_of(judged, admin)
