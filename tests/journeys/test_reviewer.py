"""Doubt is decided, a rejection is appealed, and the money follows."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from annotations import consensus
from annotations.models import Answer, Consensus
from tasks_app.models import Project
from tests.annotations.crowd import answer, make_reviewer, wallet
from tests.factories import make_items, make_project, make_user
from tests.journeys.conftest import Visits
from tests.journeys.rows import INTENT, dialogue

pytestmark = pytest.mark.browser
REASON = "Nobody read the second turn. 请重读"
APPEAL = "I did: it says tomorrow."


@pytest.fixture
def project(db: None) -> Project:
    return make_project(title="Doubtful", fields=[INTENT], overlap_max=3)


@pytest.fixture
def ada(project: Project) -> User:
    """One of three people who differ on each of three items."""
    ada, *others = [make_user(name) for name in ("Ada", "Ben", "Cleo")]
    for item in make_items(project, 3, payloads=[dialogue(n) for n in range(3)]):
        answer(item, ada, "delivery")
        for person, label in zip(others, ("refund", "other"), strict=True):
            answer(item, person, label)
        consensus.aggregate_item(item.pk)
    return ada


def waits(page: Page, number: int) -> None:
    expect(page.get_by_text(f"{number} decision")).to_be_visible()


def in_state(project: Project, state: str) -> Consensus:
    return Consensus.objects.get(project=project, state=state)


def test_doubt_is_decided_and_a_rejection_appealed(visit: Visits, project: Project, ada: User) -> None:
    page = visit("/review/", make_reviewer(project))
    page.locator(".card", has_text="Doubtful").get_by_role("link", name="Review").click()
    waits(page, 3)
    visit.keep(page, "reviewer-queue")
    approve_by_key(page, project)
    correct_by_key(page, project)
    reject_by_key(page, project)
    assert wallet(ada) == 20
    appeal(visit, ada)
    uphold(visit, project)
    page = visit("/earnings/", ada)
    expect(page.locator(".figures")).to_contain_text("$0.30")
    assert wallet(ada) == 30


def approve_by_key(page: Page, project: Project) -> None:
    page.keyboard.press("a")
    waits(page, 2)
    assert in_state(project, "approved").value in INTENT["labels"]


def correct_by_key(page: Page, project: Project) -> None:
    """The third answer is that of whoever said “other”."""
    page.keyboard.press("3")
    waits(page, 1)
    assert in_state(project, "corrected").value == "other"


def reject_by_key(page: Page, project: Project) -> None:
    page.keyboard.press("r")
    page.keyboard.type(REASON)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing waits for a decision.")).to_be_visible()
    assert Answer.objects.filter(project=project, state="rejected", reason=REASON).count() == 3


def appeal(visit: Visits, ada: User) -> None:
    page = visit("/work/", ada)
    row = page.locator("tbody tr", has_text=REASON)
    expect(row).to_contain_text("rejected")
    visit.keep(page, "reviewer-rejected-work")
    row.get_by_role("link", name="Evidence and appeal").click()
    expect(page.get_by_role("main")).to_contain_text(REASON)
    page.get_by_label("What do you think was right about it?").fill(APPEAL)
    page.get_by_role("button", name="Send the appeal").click()
    expect(page.locator("tbody tr", has_text=REASON)).to_contain_text("appeal open")


def uphold(visit: Visits, project: Project) -> None:
    page = visit(f"/projects/{project.pk}/review/", make_reviewer(project))
    expect(page.get_by_role("main")).to_contain_text(APPEAL)
    visit.keep(page, "reviewer-appeal")
    page.get_by_label("Reason").fill("Right, it does.")
    page.get_by_role("button", name="Uphold and pay").click()
    expect(page.locator(".messages")).to_contain_text("Decided; the annotator is told.")


def test_reasons_by_number_and_a_blind_second_look(visit: Visits) -> None:
    """No mouse: one answer goes back for a numbered reason; another reviewer looks again, blindly."""
    project = make_project(title="Twice", fields=[INTENT], overlap_max=3, second_review_share=1.0)
    people = [make_user(name) for name in ("Dan", "Eve", "Fay")]
    for item in make_items(project, 2, payloads=[dialogue(n) for n in range(2)]):
        for person, label in zip(people, ("delivery", "refund", "other"), strict=True):
            answer(item, person, label)
        consensus.aggregate_item(item.pk)
    page = visit(f"/projects/{project.pk}/review/", make_reviewer(project))
    waits(page, 2)
    expect(page.get_by_text("differs").first).to_be_visible()
    page.keyboard.press("Shift+Digit1")
    page.keyboard.press("r")
    page.keyboard.press("3")
    waits(page, 1)
    sent_back = Answer.objects.get(project=project, state="rejected")
    assert (sent_back.worker, sent_back.category, sent_back.reason) == (people[0], "missed", "")
    page.keyboard.press("a")
    expect(page.get_by_text("Nothing waits for a decision.")).to_be_visible()
    look_again(visit, project)
    page = visit(f"/projects/{project.pk}/quality/", project.owner)
    found = page.locator(".card", has_text="What reviewers found")
    expect(found).to_contain_text("Something was missed")
    expect(found).to_contain_text("Decisions taken twice: 2")
    visit.keep(page, "reviewer-found")


def look_again(visit: Visits, project: Project) -> None:
    page = visit(f"/projects/{project.pk}/review/", make_reviewer(project))
    page.get_by_role("link", name="2 decisions for a second look").click()
    waits(page, 2)
    assert "Something was missed" not in page.locator(".split > .card").inner_text()
    visit.keep(page, "reviewer-second-look")
    page.keyboard.press("a")
    waits(page, 1)
    page.keyboard.press("a")
    expect(page.get_by_text("Nothing waits for a second look.")).to_be_visible()
