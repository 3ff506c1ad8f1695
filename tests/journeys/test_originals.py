"""Looking at originals in a real browser: for a reason, once, and gone when the page is left."""

import json

import pytest
from playwright.sync_api import Error, expect

from accounts.models import User
from tasks_app.importing import job as work
from tasks_app.models import Item
from tasks_app.services import imports
from tests.factories import make_project, make_user
from tests.journeys.conftest import Visits
from tests.journeys.looks import serious, too_wide

pytestmark = pytest.mark.browser
VALUE = "rebecca.e@example.net"
LINE = {
    "id": "chat 7",
    "subject": "customer-7",
    "turns": [
        {"speaker": "customer", "text": f"Hi, I'm Rebecca Edwards, {VALUE}, +44 7911 123456."},
        {"speaker": "agent", "text": "Thank you, Rebecca."},
    ],
}


@pytest.fixture
def owner(db: None) -> User:
    return make_user("Olga Owner")


@pytest.fixture
def item(owner: User) -> Item:
    project = make_project(owner, title="Refunds")
    job = imports.start_import(
        project=project, actor=owner, chunks=[json.dumps(LINE).encode()], format="jsonl"
    )
    work.run(job.pk)
    return Item.objects.get(project=project)


def test_an_owner_looks_at_originals_and_the_browser_keeps_nothing(
    visit: Visits, owner: User, item: Item
) -> None:
    page = visit(f"/items/{item.pk}/", owner)
    page.get_by_role("link", name="Originals").click()
    page.get_by_label("Why you need to see them").fill("She asked what she had written.")
    visit.keep(page, "originals-asked")
    page.get_by_role("button", name="Show the originals").click()
    expect(page.get_by_role("cell", name=VALUE)).to_be_visible()
    visit.keep(page, "originals-shown")
    problems = serious(page)
    page.set_viewport_size({"width": 390, "height": 844})
    visit.keep(page, "originals-shown-phone")
    assert [*problems, *too_wide(page)] == []
    page.get_by_role("link", name="Back to the item").click()
    expect(page.get_by_role("heading", name="chat 7")).to_be_visible()
    with pytest.raises(Error, match="ERR_CACHE_MISS"):  # it would have to ask again, with the form
        page.go_back()
    page = page.context.new_page()  # the other one is still busy showing the browser's own error page
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{visit.site}/projects/{item.project_id}/originals/")
    expect(page.get_by_role("cell", name="She asked what she had written.")).to_be_visible()
    visit.keep(page, "originals-log-phone")
