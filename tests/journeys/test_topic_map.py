"""A requester looks at what was collected: from the map to an item, from a question to its turns."""

import re

import pytest
from playwright.sync_api import expect

from accounts.models import Role
from accounts.roles import grant
from tasks_app.models import Project
from tests.journeys.conftest import Visits
from tests.journeys.looks import PHONE, read_in_chinese, serious, settle, too_wide
from tests.training.talk import ASKED, finish, make_talked, make_various

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def analysed(site: str) -> Project:
    project = make_talked()
    make_various(project)
    grant(project.owner, Role.REQUESTER)
    finish(project)
    return project


@pytest.mark.parametrize("width", [390, 1280])
def test_a_mark_on_the_map_leads_to_its_item(visit: Visits, analysed: Project, width: int) -> None:
    page = visit(f"/projects/{analysed.pk}/analysis/topics/", analysed.owner, width=width)
    marks = page.locator("[data-chart=chart-map] .points path")
    expect(marks.first).to_be_attached(timeout=60_000)
    visit.keep(page, f"topic-map-{width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    marks.first.scroll_into_view_if_needed()
    box = marks.first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"/items/[0-9a-f-]{36}/"))


def test_a_topic_opens_with_its_words_and_turns(visit: Visits, analysed: Project) -> None:
    page = visit(f"/projects/{analysed.pk}/analysis/topics/", analysed.owner)
    page.get_by_role("region", name="Topics").get_by_role("link").first.click()
    expect(page.locator("#chosen li").first).to_be_visible()
    expect(page.locator("#chosen")).to_contain_text("Examples")


def test_a_question_opens_with_its_turns_and_a_filter_counts_anew(visit: Visits, analysed: Project) -> None:
    page = visit(f"/projects/{analysed.pk}/analysis/questions/", analysed.owner)
    table = page.get_by_role("region", name="Common questions")
    expect(table).to_contain_text(ASKED["delivery"])
    visit.keep(page, "questions")
    table.get_by_role("link", name="6", exact=True).click()
    expect(page.locator("#chosen li", has_text=ASKED["refund"]).first).to_be_visible()
    page.get_by_label("Label").select_option("angry")
    page.get_by_role("button", name="Filter").click()
    expect(table).not_to_contain_text(ASKED["delivery"])
    expect(table).to_contain_text(ASKED["refund"])


@pytest.mark.parametrize("name", ["topics", "questions", "courses", "distributions"])
def test_each_page_can_be_read_by_everybody(visit: Visits, analysed: Project, name: str) -> None:
    page = visit(f"/projects/{analysed.pk}/analysis/{name}/", analysed.owner, color_scheme="dark")
    page.set_default_timeout(60_000)
    settle(page)
    visit.keep(page, f"{name}-dark")
    problems = serious(page)
    page.set_viewport_size(PHONE)
    read_in_chinese(page)
    visit.keep(page, f"{name}-chinese")
    assert [*problems, *serious(page), *too_wide(page)] == []
