"""Empty, loading, broken and forbidden: each state of a page is a page, as good to read as the full one."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, Route, expect

from accounts.models import Role, User
from accounts.roles import grant
from tasks_app.services import projects
from tests.factories import make_user
from tests.journeys.conftest import Visits
from tests.journeys.looks import COLOURS, DESK, PHONE, misplaced, read_in_chinese, serious, settle, turn
from tests.journeys.state_list import EMPTY
from tests.journeys.world import World

pytestmark = pytest.mark.browser
TEMPLATES = {
    "fresh": "customer-service", "grading": "education-grading", "social": "social-content",
    "triage": "health-triage", "library": "recommendation", "news": "finance-monitor",
}  # fmt: skip
BROKEN = r"500 \(Internal Server Error\)|ERR_FAILED|Response Status Error|htmx:"


# Open to everybody, and showing to each what is theirs.
THEIR_OWN = {"/review/", "/privacy/missed/"}


@pytest.fixture(scope="module")
def nothing_yet(site: str) -> World:
    """People who have just come, and projects in which nothing has happened."""
    people = {name: make_user(f"new-{name}") for name in ("requester", "annotator", "reviewer", "admin")}
    for name in ("requester", "reviewer", "admin"):
        grant(people[name], Role(name))
    made = {
        name: projects.create_project(owner=people["requester"], template=template).pk
        for name, template in TEMPLATES.items()
    }
    return World({**people, "nobody": None}, made)


@pytest.fixture
def person(nothing_yet: World) -> dict[str, User | None]:
    return nothing_yet.people


def looked_at(page: Page) -> list[str]:
    """Grave violations in both themes and languages, and texts out of their boxes, on a desk and a phone."""
    turn(page, "light")
    problems = [*serious(page), *misplaced(page)]
    page.set_viewport_size(PHONE)
    turn(page, "dark")
    return problems + [*serious(page, COLOURS), *misplaced(page)]


@pytest.mark.parametrize(("role", "path"), EMPTY)
def test_an_empty_page_says_what_comes_first(visit: Visits, nothing_yet: World, role: str, path: str) -> None:
    page = visit(path.format(**nothing_yet.ids), nothing_yet.people[role])
    settle(page)
    visit.keep(page, "empty-" + re.sub(r"\W+", "-", f"{role}{path}").strip("-"))
    says = page.locator("#main :is(.empty, .help, .muted, .lead, .alert, form)")
    expect(says.first).to_be_visible()
    problems = looked_at(page)
    read_in_chinese(page)
    problems += misplaced(page)
    page.set_viewport_size(DESK)
    assert problems + misplaced(page) == []


def test_who_may_not_look_gets_a_page_of_ours_that_leads_on(nothing_yet: World) -> None:
    """Of projects of others a stranger learns nothing; a role that lacks the right is told which it is."""
    client = Client(SERVER_NAME="localhost")
    stranger = make_user("stranger")
    client.force_login(stranger)
    theirs = {name: str(pk) for name, pk in nothing_yet.ids.items()}
    wrong = []
    for role, path in EMPTY:
        if path in THEIR_OWN or (role != "admin" and "{" not in path):
            continue
        answer = client.get(path.format(**theirs))
        page = answer.content.decode()
        if (
            answer.status_code not in {403, 404}
            or "error-page" not in page
            or 'class="btn primary' not in page
        ):
            wrong.append((path, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [("annotator", "/projects/{fresh}/quality/", 404), ("annotator", "/projects/new/", 403),
     ("requester", "/training/", 404), ("annotator", "/nowhere/", 404)],
)  # fmt: skip
def test_a_refusal_can_be_read(visit: Visits, nothing_yet: World, role: str, path: str, status: int) -> None:
    page = visit(path.format(**nothing_yet.ids), nothing_yet.people[role])
    visit.expect(rf"status of {status}")
    expect(page.locator(".error-page .code")).to_have_text(str(status))
    expect(page.get_by_role("link", name="To the start page")).to_be_visible()
    assert looked_at(page) == []


def test_a_fault_of_ours_can_be_read_and_tried_again(
    visit: Visits, person: dict[str, User | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any, **_more: Any) -> None:
        raise ValueError("broken on purpose")

    with monkeypatch.context() as broken:
        broken.setattr("training.views.models.render", fail)
        page = visit("/models/", person["admin"])
        visit.expect("500")
        expect(page.locator(".error-page .code")).to_have_text("500")
        assert looked_at(page) == []
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("heading", name="Models")).to_be_visible()


@contextmanager
def held(page: Page, address: str) -> Iterator[list[Route]]:
    """Answers that wait until the block ends."""
    waiting: list[Route] = []
    page.route(address, lambda route: waiting.append(route))
    yield waiting
    for route in waiting:
        route.continue_()
    page.unroute(address)


def test_what_loads_slowly_shows_its_shape(visit: Visits, person: dict[str, User | None]) -> None:
    page = visit("/settings/", person["annotator"])
    with held(page, "**/privacy/held/"):
        page.goto(visit.site + "/privacy/")
        expect(page.locator(".skeleton")).to_be_visible()
        assert looked_at(page) == []
    expect(page.locator(".skeleton")).to_have_count(0)


@pytest.mark.parametrize("how", ["broken", "offline"])
def test_a_part_that_does_not_come_says_so_and_comes_when_asked_again(
    visit: Visits, person: dict[str, User | None], how: str
) -> None:
    page = visit("/settings/", person["annotator"])
    break_down(page, "**/privacy/held/", how)
    page.goto(visit.site + "/privacy/")
    notice = page.get_by_text("This part could not be loaded.")
    expect(notice).to_be_visible()
    assert looked_at(page) == []
    visit.expect(BROKEN)
    page.unroute("**/privacy/held/")
    page.get_by_role("button", name="Try again").click()
    expect(notice).to_have_count(0)
    expect(page.locator(".skeleton")).to_have_count(0)


@pytest.mark.parametrize("how", ["broken", "offline"])
def test_a_part_that_refreshes_itself_says_that_it_is_old_until_it_is_not(
    visit: Visits, person: dict[str, User | None], how: str
) -> None:
    page = visit("/training/", person["admin"])
    break_down(page, "**/training/live/", how)
    old = page.get_by_text("This part could not be brought up to date.")
    expect(old).to_be_visible(timeout=20_000)
    expect(page.get_by_text("No trainer is running.")).to_be_visible()
    assert looked_at(page) == []
    page.unroute("**/training/live/")
    expect(old).to_have_count(0, timeout=20_000)
    visit.expect(BROKEN)


@pytest.mark.parametrize("how", ["broken", "offline"])
def test_what_a_person_sends_is_kept_and_can_be_sent_again(
    visit: Visits, nothing_yet: World, how: str
) -> None:
    page = visit(f"/projects/{nothing_yet.ids['fresh']}/items/", nothing_yet.people["requester"])
    search = re.compile(r"/items/\?")
    break_down(page, search, how)
    page.get_by_role("searchbox", name="Search").fill("parcel 包裹")
    toast = page.locator(".toast.bad")
    expect(toast).to_be_visible()
    assert looked_at(page) == []
    page.unroute(search)
    toast.get_by_role("button", name="Try again").click()
    expect(page).to_have_url(re.compile("parcel"))
    expect(toast).to_have_count(0)
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("parcel 包裹")
    visit.expect(BROKEN)


def test_a_session_that_ends_leaves_the_page_as_it_is(visit: Visits, person: dict[str, User | None]) -> None:
    page = visit("/training/", person["admin"])
    page.context.clear_cookies()
    toast = page.locator(".toast.bad")
    expect(toast).to_contain_text("You are signed out.", timeout=20_000)
    expect(toast.get_by_role("link", name="Sign in")).to_have_attribute(
        "href", re.compile(r"\?next=%2Ftraining%2F")
    )
    expect(page.get_by_role("heading", name="Training", exact=True)).to_be_visible()
    assert page.locator("form[action*=login]").count() == 0


def break_down(page: Page, address: str | re.Pattern[str], how: str) -> None:
    if how == "offline":
        page.route(address, lambda route: route.abort())
    else:
        page.route(address, lambda route: route.fulfill(status=500, body="broken"))
