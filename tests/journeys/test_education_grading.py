"""From a question to the learner's objection and back, in the browser, with models that know nothing."""

import pytest
from playwright.sync_api import expect

from accounts.models import Role
from accounts.roles import grant
from applications.education_grading.models import Submission
from tests.applications.education_grading.conftest import (  # noqa: F401
    REFERENCE,
    Make,
    make_graded,
    tiny_graders,
)
from tests.factories import make_user
from tests.journeys.conftest import Visits

pytestmark = pytest.mark.browser


def test_a_teacher_decides_by_keys_and_the_learner_disagrees(
    visit: Visits,
    make_graded: Make,  # noqa: F811
) -> None:
    owner = make_user("requester")
    grant(owner, Role.REQUESTER)
    project = make_graded(owner)
    page = visit(f"/projects/{project.pk}/education-grading/", owner, width=1280)
    page.get_by_role("link", name="Write the first question").click()
    page.get_by_label("Title").fill("Plants")
    page.get_by_label("Question", exact=True).fill("How do plants eat?")
    page.get_by_label("Reference answer").fill(REFERENCE)
    page.get_by_role("button", name="Add the question").click()
    page.get_by_label("Learner").fill("Mia")
    page.locator("[name=text]").fill("They drink water with the roots")
    page.get_by_role("button", name="Hand in").click()
    link = page.get_by_role("link", name="Link").get_attribute("href")
    assert link is not None

    page.get_by_role("link", name="Teacher queue").click()
    expect(page.get_by_text("They drink water with the roots")).to_be_visible()
    visit.keep(page, "grading-queue")
    page.keyboard.press("2")
    page.keyboard.press("f")
    page.locator("#feedback").fill("Think of the light.")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    expect(page.get_by_text("No answer waits for you")).to_be_visible()
    row = Submission.objects.get()
    assert (row.score, row.feedback, row.decided_by) == (2, "Think of the light.", owner)

    phone = visit(link, None, width=390, color_scheme="dark")
    expect(phone.get_by_text("Think of the light.")).to_be_visible()
    visit.keep(phone, "grading-learner")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.get_by_label("What do you disagree with?").fill("I said water")
    phone.get_by_role("button", name="Send to my teacher").click()
    expect(phone.get_by_text("Your teacher looks at it again.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("I said water")).to_be_visible()
