"""The page of a run at work, in a real Chromium."""

import math
import time
import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from training.models import ModelVersion, Run

POINTS = "document.querySelector('[data-chart=curves] .plot').data?.[1].x.length"


@pytest.fixture
def running(make_version: Callable[..., ModelVersion]) -> Run:
    version = make_version()
    run = Run.objects.create(
        project=version.model.project, number=9, field="intent", snapshot=version.snapshot, state="running",
        claim=uuid.uuid4(), progress=0.5, seconds_left=90, device="CPU", attempt=1, queued_at=timezone.now(),
        started_at=timezone.now(), heartbeat_at=timezone.now(), log="12:00:00 starting",
    )  # fmt: skip
    for step in range(1, 20):
        run.points.create(kind="step", step=step, values={"loss": math.exp(-step), "tokens_per_second": 900})
    return run


def sign_in(page: Page, user: User, url: str) -> list[str]:
    """Returns the list into which the browser's complaints go."""
    client = Client()
    client.force_login(user)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


def wait_for_points(page: Page, count: int) -> None:
    """Asked from outside: the page's own policy forbids to evaluate strings, as waiting inside it would."""
    deadline = time.monotonic() + 20
    while page.evaluate(POINTS) != count:
        assert time.monotonic() < deadline, "the curves did not grow"
        page.wait_for_timeout(100)


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_curves_and_log_grow_in_place_and_the_report_comes_at_the_end(
    running: Run, admin: User, live_server: LiveServer, new_page: Callable[..., Page], width: int, scheme: str
) -> None:
    page = new_page(width=width, color_scheme=scheme)
    said = sign_in(page, admin, live_server.url)
    page.goto(f"{live_server.url}/training/runs/{running.pk}/")
    wait_for_points(page, 19)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    running.points.create(kind="step", step=20, values={"loss": 0.1, "tokens_per_second": 950})
    Run.objects.filter(pk=running.pk).update(log="12:00:09 checkpoint")
    wait_for_points(page, 20)
    assert "checkpoint" in page.inner_text("#log-lines")
    Run.objects.filter(pk=running.pk).update(state="cancelled", finished_at=timezone.now())
    page.get_by_role("button", name="Resume").wait_for()
    assert page.locator("[hx-trigger='every 2s']").count() == 0
    assert said == []
