"""From a project that is closed to one to the qualification, with the workbench as the examiner."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tasks_app.models import QualificationAttempt, QualificationItem
from tasks_app.services import qualification as service
from tests.factories import CHOICE, make_items, make_project, make_user
from tests.journeys.conftest import Visits

pytestmark = pytest.mark.browser
KEYS = {"refund": "1", "delivery": "2", "other": "3"}


def question(text: str, label: str, part: str = "exam") -> dict[str, Any]:
    return {"part": part, "text": text, "answer": {"intent": label}, "explanation": "Money back is a refund."}


def test_train_fail_nothing_pass_and_work(visit: Visits) -> None:
    project = make_project(title="Only for the examined")
    make_items(project, 3)
    exam = service.define_qualification(
        owner=project.owner,
        title="Intents of customers",
        instructions="Choose what the customer came for.",
        fields=[CHOICE],
        items=[
            question("I want my money back.", "refund", "training"),
            question("Give me my money back!", "refund"),
            question("When will it arrive?", "delivery"),
        ],
        items_per_attempt=0,
    )
    project.qualification = {"requires": [str(exam.pk)]}
    project.save()
    page = visit("/catalogue/", make_user(), width=390)
    card = page.locator(".card").filter(has_text="Only for the examined")
    expect(card).to_contain_text("You need: Intents of customers")
    visit.keep(page, "qualification-catalogue")
    card.get_by_role("link", name="Take the test").click()
    visit.keep(page, "qualification-about")
    page.get_by_role("button", name="Train first").click()
    page.wait_for_selector("[data-item]")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    dialog = page.locator("#bench-feedback")
    expect(dialog).to_contain_text("Not quite.")
    expect(dialog).to_contain_text("Money back is a refund.")
    visit.keep(page, "qualification-training")
    dialog.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("The training is done.")).to_be_visible()
    page.get_by_role("link", name="About this qualification").click()
    page.get_by_role("button", name="Start the exam").click()
    for n in range(2):
        page.wait_for_selector("[data-item]")
        here = page.locator("[data-item]").first.get_attribute("data-item")
        label = QualificationItem.objects.get(pk=here).answer["intent"]
        if n == 0:
            page.reload()  # goes on where it was
            page.wait_for_selector(f"[data-item='{here}']")
        page.keyboard.press(KEYS[label])
        page.keyboard.press("Enter")
        if n == 0:
            page.wait_for_selector(f"[data-item]:not([data-item='{here}'])")
    expect(page.get_by_text("Passed. The projects that ask for it")).to_be_visible()
    visit.keep(page, "qualification-passed")
    assert QualificationAttempt.objects.get(part="exam").score == 1.0
    page.get_by_role("link", name="To the catalogue").click()
    card.get_by_role("link", name="Start").click()
    page.wait_for_selector("[data-item]")


def test_the_editor(visit: Visits) -> None:
    project = make_project()
    make_items(project, 1, gold={"intent": "refund"})
    exam = service.define_qualification(
        owner=project.owner, title="Intents", fields=[CHOICE], items=[question("x", "refund")]
    )
    page = visit(f"/qualifications/{exam.pk}/edit/", project.owner)
    page.get_by_label("Project").select_option(label=project.title)
    page.get_by_role("button", name="Copy them").click()
    expect(page.get_by_text("2 questions now")).to_be_visible()
    visit.keep(page, "qualification-editor")
    page = visit(f"/projects/{project.pk}/gold/", project.owner, color_scheme="dark")
    visit.keep(page, "gold-list")
    page.get_by_role("link", name="is wrong").click()
    visit.keep(page, "gold-item")
