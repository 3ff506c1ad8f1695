"""From signing up through a test to being paid, and to an appeal, with nothing but a keyboard."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from annotations.consensus import aggregate_item
from annotations.models import Answer, Appeal, Consensus
from annotations.services.review import reject_answers
from tasks_app.models import Item, Project, Qualification, QualificationItem
from tasks_app.services.qualification import define_qualification
from tests.annotations import crowd
from tests.annotations.crowd import make_reviewer
from tests.factories import CHOICE, make_user
from tests.journeys.conftest import Visits
from tests.journeys.rows import dialogues

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery staple"
REASON = "The reply promises too much."
OBJECTION = "The agent promised it in turn two. 客服说过"
REPLY = "It comes tomorrow 😀 明天到"


def press(page: Page, keys: str) -> None:
    for key in keys.split():
        page.keyboard.press(key)


def tab_to(page: Page, target: Locator) -> None:
    """Reach `target` as somebody without a mouse does."""
    for _ in range(80):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {target}")


def sign_up(page: Page, email: str) -> None:
    tab_to(page, page.get_by_role("link", name="Create an account"))
    page.keyboard.press("Enter")
    for name, text in (("email", email), ("password1", PASSWORD), ("password2", PASSWORD)):
        tab_to(page, page.locator(f"input[name={name}]"))
        page.keyboard.type(text)
    for name in ("of_age", "notice"):
        tab_to(page, page.locator(f"input[name={name}]"))
        page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**/catalogue/")


def exam() -> Qualification:
    questions = [("Where is my parcel?", "delivery"), ("I want my money back.", "refund")]
    return define_qualification(
        owner=make_user("owner"),
        title="Intents of customers",
        fields=[CHOICE],
        items=[
            {"part": "exam", "text": text, "answer": {"intent": label}, "explanation": "It says so."}
            for text, label in questions
        ],
        items_per_attempt=0,
    )


def qualify(visit: Visits, page: Page, project: Project) -> None:
    """The test that the project asks for, from its card in the catalogue and back."""
    card = page.locator(".card").filter(has_text=project.title)
    tab_to(page, card.get_by_role("link", name="Take the test"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Start the exam"))
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-item]")
    visit.keep(page, "annotator-exam")
    for number in (1, 2):
        before = shown(page)
        label = QualificationItem.objects.get(pk=before).answer["intent"]
        page.keyboard.press(str(CHOICE["labels"].index(label) + 1))
        page.keyboard.press("Enter")
        if number == 1:
            page.wait_for_selector(f"[data-item]:not([data-item='{before}'])")
    expect(page.get_by_text("Passed. The projects that ask for it")).to_be_visible()
    tab_to(page, page.get_by_role("link", name="To the catalogue"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/catalogue/")


def start(page: Page, project: Project) -> None:
    card = page.locator(".card").filter(has_text=project.title)
    tab_to(page, card.get_by_role("link", name="Start"))
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-item]")


def shown(page: Page) -> str:
    return page.locator("[data-item]").get_attribute("data-item") or ""


def label(page: Page) -> None:
    """Two spans, an emotion for each turn of the customer, an intent and a reply."""
    press(page, "ArrowLeft " + "Shift+ArrowLeft " * 4 + "1 3")
    press(page, "j ArrowLeft Shift+ArrowLeft Shift+ArrowLeft 2")
    press(page, "j 4 7")
    tab_to(page, page.locator("#text-reply"))
    page.keyboard.type(REPLY)
    page.keyboard.press("Escape")


def place(payload: dict[str, Any], turn: int, text: str, label: str) -> dict[str, Any]:
    """A span as Python counts it: in code points."""
    start = payload["turns"][turn]["text"].index(text)
    return {"turn": turn, "start": start, "end": start + len(text), "label": label}


def expected(item: Item) -> dict[str, Any]:
    number = item.payload["turns"][0]["text"].rpartition(" ")[2].rstrip("?")
    return {
        "qa": [
            place(item.payload, 0, f"Where is my parcel {number}", "question"),
            place(item.payload, 1, "it arrives tomorrow", "answer"),
        ],
        "emotion": [{"turn": 0, "label": "calm"}, {"turn": 2, "label": "pleased"}],
        "intent": "delivery",
        "reply": REPLY,
    }


def submit_and_go_on(page: Page) -> None:
    """The next item is drawn while the answer to the one before is still on its way."""
    held: list[Route] = []
    page.route("**/submit", lambda route: held.append(route), times=1)
    before = shown(page)
    with page.expect_request("**/submit"):
        page.keyboard.press("Enter")
    page.wait_for_selector(f"[data-item]:not([data-item='{before}'])")
    with page.expect_response("**/submit"):
        held[0].continue_()


def test_from_signing_up_to_earnings_by_keyboard_alone(visit: Visits) -> None:
    needed = {"requires": [str(exam().pk)]}
    project = dialogues(6, title="Parcels 包裹", overlap_max=3, qualification=needed)
    page = visit("/")
    sign_up(page, "ada@example.org")
    visit.keep(page, "annotator-catalogue")
    qualify(visit, page, project)
    start(page, project)
    for _ in range(5):
        label(page)
        if not Answer.objects.exists():
            visit.keep(page, "annotator-labelled")
        submit_and_go_on(page)
    expect(page.locator("[data-part=today]")).to_contain_text("5 today · $0.50")
    answers = Answer.objects.select_related("item", "worker")
    assert {answer.worker.email for answer in answers} == {"ada@example.org"}
    assert len({answer.item_id for answer in answers}) == len(answers) == 5
    for answer in answers:
        assert answer.value == expected(answer.item)
        assert answer.seconds > 0 and answer.edits
    look_at_work(visit, page)
    look_at_earnings(visit, page)
    appeal(visit, page, project)


def look_at_work(visit: Visits, page: Page) -> None:
    tab_to(page, page.get_by_role("link", name="My work"))
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr", has_text="pending")).to_have_count(5)
    expect(page.locator("tbody tr", has_text="in work")).to_have_count(1)
    visit.keep(page, "annotator-work")


def look_at_earnings(visit: Visits, page: Page) -> None:
    """Waiting at first; available when two more people have said the same of three of them."""
    tab_to(page, page.get_by_role("link", name="Earnings"))
    page.keyboard.press("Enter")
    expect(page.locator(".figures")).to_contain_text(re.compile(r"Waiting for approval\s+\$0\.50"))
    for one in Answer.objects.select_related("item")[:3]:
        for _ in range(2):
            crowd.answer(one.item, make_user(), one.value)
        aggregate_item(one.item_id)
    page.reload()
    expect(page.locator(".figures")).to_contain_text(re.compile(r"Waiting for approval\s+\$0\.20"))
    expect(page.locator(".figures")).to_contain_text(re.compile(r"Available\s+\$0\.30"))
    expect(page.locator("tbody tr")).to_have_count(3)
    visit.keep(page, "annotator-earnings")


def appeal(visit: Visits, page: Page, project: Project) -> None:
    """One of the two that still waited is sent back; its annotator objects."""
    waiting = Answer.objects.filter(project=project, worker__email="ada@example.org", state="pending")
    answer = waiting.select_related("item").first()
    assert answer is not None
    for label in ("refund", "other"):
        crowd.answer(answer.item, make_user(), {**answer.value, "intent": label})
    aggregate_item(answer.item_id)
    consensus = Consensus.objects.get(item=answer.item, field="intent", state="review")
    reviewer = make_reviewer(project)
    reject_answers(consensus=consensus, actor=reviewer, reason=REASON, answer_ids=[answer.pk])
    tab_to(page, page.get_by_role("link", name="My work"))
    page.keyboard.press("Enter")
    row = page.locator("tbody tr", has_text=REASON)
    tab_to(page, row.get_by_role("link", name="Evidence and appeal"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("What do you think was right about it?"))
    page.keyboard.type(OBJECTION)
    visit.keep(page, "annotator-appeal")
    tab_to(page, page.get_by_role("button", name="Send the appeal"))
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr", has_text=REASON)).to_contain_text("appeal open")
    assert Appeal.objects.get(answer=answer).text == OBJECTION
