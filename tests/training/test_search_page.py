"""The page of a search, its form and its table of trials."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tasks_app.models import Project
from tests.training.test_live_page import sign_in
from training import figures_search
from training.models import Recipe, Run, Search, Trial
from training.search_page import SearchPage
from training.services.runs import start_run

SPACE = {
    "learning_rate": {"low": 1e-5, "high": 1e-3, "log": True},
    "epochs": {"low": 2, "high": 8},
    "class_weights": {"choices": ["none", "balanced"]},
}


@pytest.fixture
def searching(approved: Project, admin: User) -> Run:
    """Six trials: three complete, two cut short, one at work."""
    run = start_run(
        project=approved,
        field="intent",
        recipe={},
        actor=admin,
        search={"trials": 10, "minutes": 60, "space": SPACE},
    )
    now = timezone.now()
    Run.objects.filter(pk=run.pk).update(state="running", progress=0.4, started_at=now, heartbeat_at=now)
    Search.objects.update(
        began_at=now,
        metric="accuracy",
        importance={"learning_rate": 0.7, "epochs": 0.2, "class_weights": 0.1},
    )
    for number, (state, value) in enumerate(
        [
            ("complete", 0.71),
            ("complete", 0.83),
            ("pruned", 0.4),
            ("complete", 0.8),
            ("pruned", 0.5),
            ("running", None),
        ],
        1,
    ):
        params = {"learning_rate": 10.0 ** (-5 + number / 4), "epochs": 2 + number, "class_weights": "none"}
        Trial.objects.create(
            search=run.search,
            number=number,
            state=state,
            value=value,
            params=params,
            started_at=now,
            finished_at=now,
        )
    return run


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_page_tells_the_best_and_how_far_it_is(searching: Run, admin: User, redis_url: str) -> None:
    client = browser_of(admin)
    page = client.get(f"/training/runs/{searching.pk}/").content.decode()
    for part in (
        "Search for a recipe",
        "0.8300",
        "trial 2",
        "5 of 10",
        "2 cut short",
        "What matters",
        "at most 60 min",
    ):
        assert part in page, part
    live = client.get(f"/training/runs/{searching.pk}/live/").content.decode()
    assert 'id="search-live" hx-swap-oob="true"' in live and "search-parallel" in live
    assert "style=" not in live and "<script>" not in live and "data-chart=curves" not in page
    url = f"/training/runs/{searching.pk}/live/?searching=1"
    assert "HX-Refresh" not in client.get(url)
    Search.objects.update(done_at=timezone.now())
    assert client.get(url)["HX-Refresh"] == "true"


def test_the_trials_as_a_file(searching: Run, admin: User, stranger: User) -> None:
    url = f"/training/runs/{searching.pk}/search/trials.csv"
    lines = browser_of(admin).get(url).content.decode().splitlines()
    assert lines[0] == "trial,state,value,seconds,epochs,class_weights,learning_rate" and len(lines) == 7
    assert lines[2].startswith("2,complete,0.83,")
    assert browser_of(stranger).get(url).status_code == 404


def test_the_best_so_far_counts_what_was_trained_to_its_end(searching: Run) -> None:
    shown = SearchPage.of(Run.objects.get(pk=searching.pk))
    assert shown is not None
    [line] = [line for line in shown.history["data"] if line["name"] == "best so far"]
    assert list(line["y"]) == [0.71, 0.83, 0.83, 0.83, 0.83]
    best, *others = shown.parallel["data"]
    assert best["name"] == "trial 2" and best["line"]["width"] == 3 and len(others) == 4
    assert best["y"][-1] == 1.0 and best["y"][0] == pytest.approx(2 / 6)


@pytest.mark.parametrize(
    ("entry", "value", "expected"),
    [
        ({"low": 1e-5, "high": 1e-3, "log": True}, 1e-4, 0.5),
        ({"low": 2, "high": 6}, 3, 0.25),
        ({"choices": ["a", "b", "c"]}, "b", 0.5),
        ({"choices": ["a", "b"]}, None, None),
    ],
)
def test_where_a_value_lies_in_its_range(entry: dict[str, Any], value: Any, expected: float | None) -> None:
    assert figures_search.place_in(entry, value) == (None if expected is None else pytest.approx(expected))


def test_the_form_starts_a_search_from_a_kept_recipe(approved: Project, admin: User) -> None:
    kept = Recipe.objects.create(project=approved, name="gentle", head="choice", settings={"epochs": 3})
    client = browser_of(admin)
    page = client.get("/training/")
    assert b"gentle (choice)" in page.content
    fields = page.context["form"].fields.items()
    form = {name: field.initial for name, field in fields if field.initial is not None}
    sent = {
        **form, "target": f"{approved.pk}:intent", "class_weights": "none", "kept": str(kept.pk),
        "seeds": "2", "search": "on", "trials": "4", "minutes": "15",
    }  # fmt: skip
    assert client.post("/training/", sent).status_code == 302
    run = Run.objects.get()
    assert run.recipe == {"epochs": 3, "seed": 13, "seeds": 2, "base_model": "starter"}
    assert (run.search.trials_wanted, run.search.minutes) == (4, 15)
    refused = client.post("/training/", {**sent, "trials": "0"})
    assert (
        refused.status_code == 422 and "trials" in refused.context["form"].errors and Run.objects.count() == 1
    )


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_pictures_are_drawn_under_the_pages_policy(
    searching: Run,
    admin: User,
    live_server: LiveServer,
    new_page: Callable[..., Page],
    width: int,
    scheme: str,
) -> None:
    page = new_page(width=width, color_scheme=scheme)
    said = sign_in(page, admin, live_server.url)
    page.goto(f"{live_server.url}/training/runs/{searching.pk}/")
    for name in ("history", "importance", "parallel"):
        page.locator(f"[data-chart=search-{name}] .main-svg").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    Trial.objects.filter(number=6).update(state="complete", value=0.9)
    page.get_by_text("0.9000").first.wait_for()
    keep(page, f"search-{width}-{scheme}")
    page.goto(f"{live_server.url}/training/")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    keep(page, f"training-{width}-{scheme}")
    assert said == []


def keep(page: Page, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
