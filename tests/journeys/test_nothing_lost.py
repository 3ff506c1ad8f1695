"""Reloads, a lost network and a lease that ran out: the answer arrives, once."""

import re
from datetime import timedelta
from importlib import import_module

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from annotations.models import Answer
from tasks_app.models import Assignment, Project
from tasks_app.services.assignment import expire_leases
from tests.factories import make_user
from tests.journeys.conftest import Visits
from tests.journeys.rows import dialogues

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery staple"
REPLY = "Half a sentence, 半句 😀"


@pytest.fixture
def project(db: None) -> Project:
    return dialogues(3, title="Parcels")


@pytest.fixture
def annotator(db: None) -> User:
    return make_user("annotator")


@pytest.fixture
def page(visit: Visits, project: Project, annotator: User) -> Page:
    """The first item, half labelled."""
    page = visit(f"/projects/{project.pk}/label/", annotator)
    page.wait_for_selector("[data-item]")
    for key in ("ArrowRight", "1", "3", "7"):
        page.keyboard.press(key)
    page.locator("#text-reply").fill(REPLY)
    return page


def finish(page: Page) -> None:
    """The turn that is still missing, and submit."""
    for key in ("Escape", "j", "j", "4", "Enter"):
        page.keyboard.press(key)


def the_draft_is_here(page: Page) -> None:
    expect(page.locator("#text-reply")).to_have_value(REPLY)
    expect(page.locator(".bench-talk mark")).to_have_count(1)
    expect(page.get_by_role("radio", name=re.compile("delivery"))).to_be_checked()


def one_answer(annotator: User, item: str) -> Answer:
    answer = Answer.objects.get(worker=annotator)
    assert str(answer.item_id) == item
    assert (answer.value["intent"], answer.value["reply"]) == ("delivery", REPLY)
    assert answer.value["emotion"] == [{"turn": 0, "label": "calm"}, {"turn": 2, "label": "pleased"}]
    return answer


def test_a_reload_and_a_lost_network_lose_and_double_nothing(
    visit: Visits, page: Page, annotator: User
) -> None:
    item = page.locator("[data-item]").get_attribute("data-item") or ""
    page.reload()
    expect(page.locator(f"[data-item='{item}']")).to_be_visible()
    the_draft_is_here(page)
    page.context.set_offline(True)
    finish(page)
    page.wait_for_selector(f"[data-item]:not([data-item='{item}'])")
    expect(page.locator(".toast", has_text="nothing is lost")).to_be_visible()
    visit.keep(page, "offline")
    assert not Answer.objects.filter(worker=annotator).exists()
    with page.expect_response("**/submit") as sent:
        page.context.set_offline(False)
    assert sent.value.status == 201
    expect(page.locator(".toast", has_text="Saved")).to_be_visible()
    page.reload()
    page.wait_for_selector(f"[data-item]:not([data-item='{item}'])")
    one_answer(annotator, item)
    visit.expect("ERR_INTERNET_DISCONNECTED")


def run_out(annotator: User) -> None:
    past = timezone.now() - timedelta(minutes=1)
    assert Assignment.objects.filter(worker=annotator).update(lease_expires_at=past)
    expire_leases()


def test_an_answer_that_comes_too_late_is_taken_again_with_its_draft(
    visit: Visits, page: Page, annotator: User
) -> None:
    item = page.locator("[data-item]").get_attribute("data-item") or ""
    run_out(annotator)
    finish(page)
    again = page.get_by_role("button", name="Take it again and submit")
    expect(again).to_be_visible()
    the_draft_is_here(page)
    visit.keep(page, "lease-ran-out")
    with page.expect_response(lambda response: response.url.endswith("/submit") and response.status == 201):
        again.click()
    one_answer(annotator, item)
    visit.expect("409")


def test_a_session_that_ended_costs_nothing(visit: Visits, page: Page, annotator: User) -> None:
    """It ends on the server while somebody labels: the draft stays, and after sign-in goes out once."""
    annotator.set_password(PASSWORD)
    annotator.save()
    EmailAddress.objects.create(user=annotator, email=annotator.email, primary=True, verified=True)
    item = page.locator("[data-item]").get_attribute("data-item") or ""
    [session] = [one["value"] for one in page.context.cookies() if one["name"] == "sessionid"]
    import_module(settings.SESSION_ENGINE).SessionStore(session).delete()
    finish(page)
    link = page.locator(".toast").get_by_role("link", name="Sign in")
    expect(link).to_be_visible()
    visit.keep(page, "session-ended")
    assert not Answer.objects.filter(worker=annotator).exists()
    link.click()
    page.locator("input[name=login]").fill(annotator.email)
    page.locator("input[name=password]").fill(PASSWORD)
    with page.expect_response("**/submit") as sent:
        page.get_by_role("button", name="Sign In", exact=True).click()
    assert sent.value.status == 201
    page.reload()
    page.wait_for_selector(f"[data-item]:not([data-item='{item}'])")
    one_answer(annotator, item)
    visit.expect("401|403")


def test_a_draft_whose_time_ran_out_is_offered_again(
    visit: Visits, project: Project, annotator: User
) -> None:
    Project.objects.filter(pk=project.pk).update(lease_seconds=100)
    page = visit(f"/projects/{project.pk}/label/", annotator)
    page.wait_for_selector("[data-item]")
    page.locator("#text-reply").fill(REPLY)
    run_out(annotator)
    page.clock.install(time=timezone.now() + timedelta(seconds=101))
    page.reload()
    expect(page.locator("#text-reply")).to_have_value(REPLY)
    expect(page.locator("[data-part=banner]")).to_contain_text("The time for this item ran out.")
    page.get_by_role("button", name="Take it again").click()
    expect(page.locator("[data-part=banner]")).to_be_hidden()
    expect(page.locator("[data-part=lease]")).to_contain_text("left")
    assert Assignment.objects.filter(worker=annotator, state="leased").exists()
