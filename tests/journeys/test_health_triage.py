"""From a message to a suggestion or to a person, in the browser, with models that know nothing."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from accounts.models import Role
from accounts.roles import grant
from applications.health_triage.services.risk import set_risk
from tasks_app.models import ImportJob
from tests.applications.health_triage.conftest import Make, make_taught, tiny_models  # noqa: F401
from tests.factories import make_user
from tests.journeys.conftest import Visits

pytestmark = pytest.mark.browser
MESSAGE = "My chest hurts and I sweat. Write to anna.kern@example.org"


def test_from_a_message_to_a_task(visit: Visits, make_taught: Make, tmp_path: Path) -> None:  # noqa: F811
    owner = make_user("requester")
    grant(owner, Role.REQUESTER)
    project = make_taught(owner)
    page = visit(f"/projects/{project.pk}/health-triage/", owner, width=1280)
    expect(page.get_by_text("No medical device.").first).to_be_visible()
    page.get_by_label("Message").fill(MESSAGE)
    page.get_by_role("button", name="Sort it").click()
    expect(page.get_by_role("heading", name="No suggestion: a person has to look")).to_be_visible()
    expect(page.get_by_text("Possible emergency.")).to_be_visible()
    assert page.get_by_role("link", name="Wrong?").count() == 3
    visit.keep(page, "triage-abstains")

    page.get_by_role("link", name="Promised and measured").click()
    page.locator(".js-plotly-plot").first.wait_for()
    expect(page.get_by_text("The promise holds")).to_be_visible()
    visit.keep(page, "triage-coverage")
    page.get_by_label("May be wrong").fill("0.02")
    page.get_by_label("May be under-triaged").fill("0.001")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("184 items are held back in all, 999 are needed.")).to_be_visible()
    visit.keep(page, "triage-no-promise")
    page.get_by_label("May be wrong").fill("0.01")
    page.get_by_label("May be under-triaged").fill("0.5")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Give a share from 0.0005")).to_be_visible()
    visit.expect("422.*coverage")

    page.get_by_role("link", name="A person has to look").first.click()
    expect(page.get_by_text("[EMAIL_1]")).to_be_visible()
    visit.keep(page, "triage-queue")
    page.get_by_role("button", name="Make tasks of the ticked").click()
    expect(page.get_by_text("Tasks are being made: 1.")).to_be_visible()
    assert ImportJob.objects.filter(project=project).count() == 2

    set_risk(project=project, actor=owner, wrong=0.5, under_triage=0.4, largest_set=8, widest=4)
    phone = visit(f"/projects/{project.pk}/health-triage/", owner, width=390, color_scheme="dark")
    phone.get_by_label("Message").fill(MESSAGE)
    phone.get_by_role("button", name="Sort it").click()
    expect(phone.locator("#triage-answer")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    visit.keep(phone, "triage-phone")
