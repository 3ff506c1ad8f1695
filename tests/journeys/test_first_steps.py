"""Each role's first visit leads to its first success, by the card of first steps alone."""

import re

from playwright.sync_api import Page, expect

from accounts.models import Role, User
from accounts.roles import grant
from annotations.models import Answer
from tasks_app.models import Project
from tests.factories import make_items, make_project, make_user
from tests.journeys.conftest import Visits


def card(page: Page):
    return page.locator(".first-steps")


def test_an_annotator_practises_and_answers_the_first_paid_item(visit: Visits, db: None) -> None:
    project = make_project(title="First pay", sampling="ordered")
    make_items(project, 2)
    person = make_user("newcomer")
    page = visit("/catalogue/", person)
    expect(card(page)).to_contain_text("0 of 3 done")
    card(page).get_by_role("button", name="Start the practice").click()
    for _ in range(3):
        page.wait_for_selector("[data-item]")
        page.locator("[data-field=topic] [data-option=earnings]").click()
        page.locator("[data-field=sentiment] [data-option=positive]").click()
        page.keyboard.press("Enter")
        page.locator("#bench-feedback").get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Your practice is graded")).to_be_visible()
    visit.keep(page, "first-steps-graded")
    page.get_by_role("link", name="To the catalogue").click()
    expect(card(page)).to_contain_text("1 of 3 done")
    visit.keep(page, "first-steps-annotator")
    page.goto(f"{visit.site}/projects/{project.pk}/label/")
    page.wait_for_selector("[data-item]")
    page.locator("[data-field=intent] [data-option=refund]").click()
    with page.expect_response("**/submit"):
        page.keyboard.press("Enter")
    page.goto(f"{visit.site}/catalogue/")
    expect(card(page)).to_contain_text("2 of 3 done")
    card(page).get_by_role("button", name="Put away").click()
    expect(card(page)).to_have_count(0)


def test_a_requester_publishes_the_sample_and_sees_an_answer(visit: Visits, db: None) -> None:
    person = make_user("rita")
    grant(person, Role.REQUESTER)
    page = visit("/projects/", person)
    visit.keep(page, "first-steps-requester")
    card(page).get_by_role("button", name="Make the sample project").click()
    page.get_by_role("button", name="Publish all at once").click()
    expect(page.locator(".messages")).to_contain_text("Published.")
    project = Project.objects.get(owner=person)
    page.goto(f"{visit.site}/projects/")
    card(page).get_by_role("link", name="Answer the first item").click()
    page.wait_for_selector("[data-item]")
    page.locator("[data-field=topic] [data-option=rates]").click()
    page.locator("[data-field=sentiment] [data-option=neutral]").click()
    with page.expect_response("**/submit"):
        page.keyboard.press("Enter")
    assert Answer.objects.filter(project=project).count() == 1
    page.goto(f"{visit.site}/projects/")
    expect(card(page)).to_contain_text("3 of 4 done")


def test_an_administrator_is_led_to_the_first_run(visit: Visits, admin: User) -> None:
    page = visit("/training/", admin)
    expect(card(page)).to_contain_text("From answers to a model at work")
    visit.keep(page, "first-steps-admin")
    card(page).get_by_role("link", name="New run").click()
    expect(page).to_have_url(re.compile("#new-run$"))


def test_every_page_has_a_sheet_of_keys_and_leads_to_its_help(visit: Visits, admin: User) -> None:
    page = visit("/training/", admin)
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys on this page")
    expect(sheet).to_contain_text("Catalogue")
    visit.keep(page, "keys-sheet")
    sheet.get_by_role("link", name="Help for this page").click()
    expect(page.get_by_role("heading", name="Training", level=1)).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("1")
    page.wait_for_url("**/catalogue/")
