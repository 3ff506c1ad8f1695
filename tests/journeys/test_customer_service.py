"""To the chat: a pair by hand, an answer that cites it, a question that nobody knows, and the stars."""

import numpy as np
import pytest
from playwright.sync_api import expect

from accounts.models import Role, User
from accounts.roles import grant
from applications.customer_service.models import Conversation, Unknown
from applications.customer_service.services import chat, indexing
from applications.customer_service.services.indexing import embed_waiting
from tasks_app.services.projects import create_project
from tests.applications.customer_service.conftest import embed
from tests.factories import make_user
from tests.journeys.conftest import Visits

pytestmark = pytest.mark.browser


@pytest.fixture
def owner(db: None) -> User:
    user = make_user("requester")
    grant(user, Role.REQUESTER)
    return user


def test_a_chat(visit: Visits, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    assert np.isclose(np.linalg.norm(embed(["parcel"])), 1)
    for place in (chat, indexing):
        monkeypatch.setattr(place, "embed", embed)
    project = create_project(owner=owner, template="customer-service")
    home = f"/projects/{project.pk}/customer-service/"
    page = visit(f"{home}pairs/", owner)
    page.get_by_label("Question", exact=True).fill("where is my parcel")
    page.get_by_label("Answer", exact=True).fill("It is on the van.")
    page.get_by_role("button", name="Add the pair").click()
    expect(page.get_by_role("link", name="where is my parcel")).to_be_visible()
    embed_waiting(project)
    page.goto(visit.site + home)
    page.get_by_label("Your question").fill("where is my parcel")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("#talk")).to_contain_text("It is on the van.")
    expect(page.locator("#talk").get_by_role("link", name="where is my parcel")).to_be_visible()
    page.get_by_label("Your question").fill("is there a warranty")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("#talk")).to_contain_text("I do not know that.")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    visit.keep(page, "customer-service")
    page.get_by_role("button", name="4 stars").click()
    expect(page.get_by_text("Thank you. It is in the feedback.")).to_be_visible()
    assert Conversation.objects.get().rating == 4 and Unknown.objects.get().asked == 1
