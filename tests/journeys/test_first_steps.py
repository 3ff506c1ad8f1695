"""Each role's first visit leads to its first success, by clicks on what the pages offer alone."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import Role, User
from accounts.roles import grant
from annotations import consensus
from annotations.models import Answer, Consensus, Review
from annotations.services.review import approve_consensus
from applications import advancing, kinds
from applications.models import Setup
from applications.services import setups
from tasks_app.models import Item, Project
from tasks_app.services import imports, projects, tries
from tests.annotations.crowd import answer
from tests.factories import make_user
from tests.journeys.conftest import Visits
from tests.journeys.newcomer import SCANNED, Newcomer
from tests.training.conftest import QUICK, text_of
from training.models import ModelVersion

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PASSWORD = "correct horse battery staple"
THREE_MINUTES = 180


def card(page: Page) -> Locator:
    return page.locator(".first-steps")


def sample_project(title: str) -> Project:
    """The guided sample, published and open to all, as its owner leaves it."""
    owner = make_user("rosa")
    grant(owner, Role.REQUESTER)
    project = tries.start_sample_project(owner=owner, template="finance-monitor")
    imports.import_sample(project=project, actor=owner)
    project.refresh_from_db()
    project = projects.publish_project(project=project, actor=owner)
    Project.objects.filter(pk=project.pk).update(visibility="open", title=title)
    return project


def answer_item(hand: Newcomer) -> None:
    """Read the text, a topic and a mood, submit."""
    hand.page.wait_for_selector("[data-item]")
    hand.look()
    hand.click(hand.page.locator("[data-field=topic] [data-option=earnings]"))
    hand.click(hand.page.locator("[data-field=sentiment] [data-option=positive]"))


def accept(given: Answer) -> None:
    """What the owner, who reviews the sample too, does about a person whom nobody knows yet."""
    for row in Consensus.objects.filter(item=given.item, state="review"):
        approve_consensus(consensus=row, actor=given.project.owner)
    given.refresh_from_db()
    assert given.state == "approved"


def succeeded(hand: Newcomer, role: str, visit: Visits, clicks: int) -> None:
    hand.record(role, visit.folder)
    assert hand.clicks <= clicks
    assert hand.seconds(SCANNED) < THREE_MINUTES


def test_an_annotator_signs_up_practises_and_has_an_answer_accepted(visit: Visits, db: None) -> None:
    project = sample_project("First answers")
    hand = Newcomer(visit("/accounts/signup/"))
    page = hand.page
    hand.fill(page.get_by_label("Email"), "nora@example.org")
    for name in ("password1", "password2"):
        hand.fill(page.locator(f"input[name={name}]"), PASSWORD)
    page.get_by_label("Where do you live?").select_option("gdpr")
    hand.clicks += 2
    for words in ("I am at least 16 years old.", "I have read the privacy notice."):
        hand.click(page.get_by_label(words))
    hand.click(page.locator("form.form .btn.primary"))
    expect(card(page)).to_contain_text("0 of 3 done")
    hand.look()
    hand.click(card(page).get_by_role("button", name="Start the practice"))
    for _ in range(tries.PRACTICE_ITEMS):
        answer_item(hand)
        hand.press("Enter")
        hand.click(page.locator("#bench-feedback").get_by_role("button", name="Go on"))
    expect(page.get_by_role("heading", name="Your practice is graded")).to_be_visible()
    hand.look()
    visit.keep(page, "first-steps-graded")
    hand.click(page.get_by_role("link", name="To the catalogue"))
    expect(card(page)).to_contain_text("1 of 3 done")
    visit.keep(page, "first-steps-annotator")
    hand.click(card(page).get_by_role("link", name="To the projects"))
    hand.click(page.locator(".card", has_text="First answers").get_by_role("link", name="Start"))
    answer_item(hand)
    with page.expect_response("**/submit"):
        hand.press("Enter")
    nora = User.objects.get(email="nora@example.org")
    accept(Answer.objects.get(project=project, worker=nora))
    hand.click(page.get_by_role("link", name="Catalogue", exact=True))
    expect(card(page)).to_have_count(0)  # all three are done
    succeeded(hand, "annotator", visit, clicks=30)


def test_a_requester_publishes_the_sample_and_sees_an_answer(visit: Visits, db: None) -> None:
    person = make_user("rita")
    grant(person, Role.REQUESTER)
    hand = Newcomer(visit("/projects/", person))
    page = hand.page
    visit.keep(page, "first-steps-requester")
    hand.click(card(page).get_by_role("button", name="Make the sample project"))
    hand.look()
    hand.click(page.get_by_role("button", name="Publish all at once"))
    expect(page.locator(".messages")).to_contain_text("Published.")
    project = Project.objects.get(owner=person)
    hand.look()
    hand.click(page.get_by_role("link", name="Projects", exact=True).first)
    hand.click(card(page).get_by_role("link", name="Answer the first item"))
    answer_item(hand)
    with page.expect_response("**/submit"):
        hand.press("Enter")
    assert project.title == "Sample: Finance monitor"
    assert Answer.objects.filter(project=project).count() == 1
    hand.click(page.get_by_role("link", name="Projects", exact=True))
    expect(card(page)).to_contain_text("3 of 4 done")
    succeeded(hand, "requester", visit, clicks=12)


def test_a_reviewer_decides_on_the_first_item(visit: Visits, db: None) -> None:
    project = sample_project("First doubts")
    Project.objects.filter(pk=project.pk).update(overlap_min=3, overlap_max=3)
    item = Item.objects.filter(project=project).order_by("position")[0]
    Item.objects.filter(pk=item.pk).update(slots=3)
    item.refresh_from_db()
    for name, mood in (("Ann", "positive"), ("Bea", "neutral"), ("Cem", "negative")):
        answer(item, make_user(name), {"topic": ["rates"], "sentiment": mood})
    consensus.aggregate_item(item.pk)
    person = make_user("rhea")
    grant(person, Role.REVIEWER, project.pk)
    hand = Newcomer(visit("/review/", person))
    page = hand.page
    visit.keep(page, "first-steps-reviewer")
    hand.click(card(page).get_by_role("link", name="To the first item"))
    hand.look()
    visit.keep(page, "first-steps-review")
    hand.press("1")
    expect(page.get_by_text("1 decision waits")).to_be_visible()
    assert Review.objects.get(reviewer=person).action in {"approve", "correct"}
    page.goto(f"{visit.site}/review/")
    expect(card(page)).to_contain_text("1 of 2 done")
    succeeded(hand, "reviewer", visit, clicks=4)


@pytest.fixture
def quick_sample(tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first model learns from as few texts as an encoder of a few thousand weights can.

    Nothing of it is done in the request, as elsewhere in these tests: the worker's part is the test's.
    """
    monkeypatch.setattr(setups, "enqueue_on_commit", lambda task: None)
    moods = {"refund": "negative", "delivery": "neutral", "other": "positive"}
    lines = [
        {
            "id": f"news {number}",
            "text": text_of(label, number),
            "approved": {"topic": ["rates"], "sentiment": moods[label]},
            "split": "test" if number % 4 == 0 else "train",
        }
        for number, label in enumerate(list(moods) * 30)
    ]
    file = tmp_path / "en.jsonl"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    there = kinds._kinds["first-model"]
    recipe = {**QUICK, "base_model": str(tiny_encoder), "epochs": 12, "learning_rate": 3e-3}
    quick = replace(there, data=(file,), recipes={"sentiment": recipe})
    monkeypatch.setitem(kinds._kinds, quick.key, quick)


def test_an_administrator_trains_a_model_with_one_click(
    visit: Visits, admin: User, quick_sample: None
) -> None:
    hand = Newcomer(visit("/training/", admin))
    page = hand.page
    expect(card(page)).to_contain_text("From answers to a model at work")
    visit.keep(page, "first-steps-admin")
    hand.click(card(page).get_by_role("button", name="Train it"))
    expect(page.get_by_role("progressbar", name="Set-up")).to_be_visible()
    advancing.advance(Setup.objects.get(created_by=admin).pk)
    expect(page.get_by_text("First answer after")).to_be_visible()
    visit.keep(page, "first-steps-trained")
    version = ModelVersion.objects.get(model__project__owner=admin)
    assert (version.stage, version.run.state) == ("production", "succeeded")
    assert version.metrics["test"] > 1 / 3  # what guessing reaches
    hand.look()
    succeeded(hand, "admin", visit, clicks=2)
    page.get_by_role("link", name="Ask the model yourself").click()
    expect(page.get_by_label("A dialogue or a text")).to_be_visible()
    page.goto(f"{visit.site}/training/")
    expect(card(page)).to_contain_text("1 of 4 done")
    report = card(page).get_by_role("link", name="To the report")
    expect(report).to_have_attribute("href", f"/training/runs/{version.run_id}/")


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
