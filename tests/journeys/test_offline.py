"""A minute without a network, ten items labelled in it: ten answers, each once."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from annotations.models import Answer
from tasks_app.models import Assignment, Project
from tests.factories import make_items, make_project, make_user
from tests.journeys.conftest import Visits

pytestmark = pytest.mark.browser
TEN = 10
STEP_MS = 6_000


@pytest.fixture
def project(db: None) -> Project:
    project = make_project(title="Through a tunnel 隧道", gold_share=0.0)
    make_items(project, 30)
    return project


@pytest.fixture
def annotator(db: None) -> User:
    return make_user("annotator")


def shown(page: Page) -> str:
    return page.locator("[data-item]").get_attribute("data-item") or ""


def label(page: Page) -> str:
    """The first label, submitted; the next item stands there. Gives the item that is done."""
    done = shown(page)
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator(f"[data-item]:not([data-item='{done}'])")).to_be_visible()
    return done


def test_ten_items_in_a_minute_without_a_network(visit: Visits, project: Project, annotator: User) -> None:
    page = visit("/work/", annotator)
    page.clock.install()
    page.goto(f"{visit.site}/projects/{project.pk}/label/")
    page.wait_for_selector("[data-item]")
    # At the pace of the first answer, a minute takes all that one tab may hold.
    with page.expect_response("**/submit"):
        label(page)
    expect(page.locator("manyhands-workbench")).to_have_attribute("data-held", "12")
    assert Answer.objects.filter(worker=annotator).count() == 1
    page.context.set_offline(True)
    done = []
    for _ in range(TEN):
        done.append(label(page))
        page.clock.fast_forward(STEP_MS)
    expect(page.locator(".toast", has_text="nothing is lost")).to_be_visible()
    visit.keep(page, "offline-ten")
    assert Answer.objects.filter(worker=annotator).count() == 1
    with page.expect_response(lambda one: one.url.endswith("/submit") and one.status == 201):
        page.context.set_offline(False)
    expect(page.locator("[data-part=today]")).to_contain_text("11 today")
    answers = Answer.objects.filter(worker=annotator).order_by("created_at")
    assert [str(answer.item_id) for answer in answers][1:] == done
    assert len(set(done)) == TEN
    assert Assignment.objects.filter(worker=annotator, state="submitted").count() == TEN + 1
    visit.expect("ERR_INTERNET_DISCONNECTED")


def test_what_is_lent_briefly_is_not_hoarded(visit: Visits, project: Project, annotator: User) -> None:
    """At a minute an item and two minutes of lease, only what can be done in time is fetched."""
    Project.objects.filter(pk=project.pk).update(lease_seconds=120)
    page = visit("/work/", annotator)
    page.clock.install()
    page.goto(f"{visit.site}/projects/{project.pk}/label/")
    page.wait_for_selector("[data-item]")
    page.clock.fast_forward(50_000)
    with page.expect_response("**/claim"):
        label(page)
    expect(page.locator("manyhands-workbench")).to_have_attribute("data-held", "2")
    assert Assignment.objects.filter(worker=annotator, state="leased").count() == 2


def test_an_answer_can_be_taken_back_and_leaving_sends_it(
    visit: Visits, project: Project, annotator: User
) -> None:
    Project.objects.filter(pk=project.pk).update(undo_seconds=30)
    page = visit(f"/projects/{project.pk}/label/", annotator)
    page.wait_for_selector("[data-item]")
    first = label(page)
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(f"[data-item='{first}']")).to_be_visible()
    expect(page.get_by_role("radio", name="refund")).to_be_checked()
    assert not Answer.objects.filter(worker=annotator).exists()
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator(f"[data-item]:not([data-item='{first}'])")).to_be_visible()
    # The browser sends it when the page is gone, which nobody is told of: look until it is there.
    page.goto(f"{visit.site}/work/")
    for _ in range(100):
        if page.locator("tbody tr", has_text="pending").count():
            break
        page.reload()
    [answer] = Answer.objects.filter(worker=annotator)
    assert (str(answer.item_id), answer.value) == (first, {"intent": "delivery"})
