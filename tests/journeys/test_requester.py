"""From a template to a published project with items in it."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role, User
from accounts.roles import grant
from tasks_app.models import Item, Project
from tests.journeys.conftest import Visits

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery staple"


@pytest.fixture
def requester(db: None) -> User:
    user = User.objects.create_user("rita@example.org", PASSWORD)
    grant(user, Role.REQUESTER)
    return user


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two good lines with personal data, and a broken one between them."""
    talk = [
        {
            "speaker": "customer",
            "text": "I am Maria Jensen, call me on +44 20 7946 0958. 我的邮箱是 ma@example.com",
        },
        {"speaker": "agent", "text": "Thank you, Maria. Your refund is on its way 👍."},
    ]
    lines = [
        json.dumps({"id": "talk-1", "turns": talk}, ensure_ascii=False),
        '{"id": "talk-2", "turns": [',
        json.dumps({"id": "talk-3", "turns": [{"speaker": "customer", "text": "Where is my parcel?"}]}),
    ]
    path = tmp_path / "talks.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_from_a_template_to_a_published_project(visit: Visits, requester: User, file: Path) -> None:
    page = visit("/accounts/login/?next=/projects/")
    sign_in(page)
    visit.keep(page, "requester-no-project")
    make_from_template(page)
    project = Project.objects.get(owner=requester)
    change_settings(visit, page, project)
    import_items(visit, page, file)
    fund_and_publish(visit, page, project)
    look_at_an_item(page)


def sign_in(page: Page) -> None:
    page.locator("input[name=login]").fill("rita@example.org")
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You have no project yet.")).to_be_visible()


def make_from_template(page: Page) -> None:
    page.get_by_role("link", name="New project").first.click()
    page.locator(".card", has_text="Customer service").get_by_role("button", name="Use this template").click()
    page.wait_for_url("**/design/")
    page.get_by_role("link", name="Customer service").first.click()
    page.get_by_role("link", name="Settings").click()
    page.wait_for_url("**/settings/")


def change_settings(visit: Visits, page: Page, project: Project) -> None:
    page.get_by_label("Title").fill("Talks 对话")
    page.get_by_label("Pay for one item").fill("0.07")
    save(page)
    expect(page.locator(".messages")).to_contain_text("Saved.")
    project.refresh_from_db()
    assert (project.title, project.reward_minor) == ("Talks 对话", 7)
    break_settings(visit, page)
    project.refresh_from_db()
    assert (project.title, project.schema_versions.count()) == ("Talks 对话", 1)


def break_settings(visit: Visits, page: Page) -> None:
    """What the form refuses, and what only the project's own rules refuse; both keep what was typed."""
    broken = '[{"name": "intent", "type": "choice", "labels": ["one"]'
    page.get_by_label("Answer fields (JSON)").fill(broken)
    page.get_by_label("Title").fill("Kept too")
    save(page)
    expect(page.locator("form .error, form .errors, form .errorlist").first).to_contain_text(
        "Not JSON: line 1"
    )
    expect(page.get_by_label("Answer fields (JSON)")).to_have_value(broken)
    expect(page.get_by_label("Title")).to_have_value("Kept too")
    visit.keep(page, "requester-bad-fields")
    page.goto(page.url)
    page.get_by_label("Seconds for one item").fill("5")
    page.get_by_label("Title").fill("Kept as well")
    save(page)
    expect(page.get_by_role("main")).to_contain_text("Give between 30 seconds and a week.")
    expect(page.get_by_label("Title")).to_have_value("Kept as well")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Talks 对话")
    visit.expect("422")


def save(page: Page) -> None:
    page.get_by_role("button", name="Save").click()


def import_items(visit: Visits, page: Page, file: Path) -> None:
    page.get_by_role("link", name="Import", exact=True).click()
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Import", exact=True).click()
    job = page.locator("#jobs .card")
    expect(job).to_contain_text("3 lines read, 2 items imported.")
    expect(job).to_contain_text("Personal data replaced")
    for kind in ("PERSON", "PHONE", "EMAIL"):
        expect(job.locator(".chip", has_text=kind)).to_be_visible()
    job.locator("summary", has_text="1 line has a problem").click()
    expect(job.locator("details li")).to_contain_text("Line 2")
    visit.keep(page, "requester-import")


def fund_and_publish(visit: Visits, page: Page, project: Project) -> None:
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("heading", name="Answer fields")).to_be_visible()
    visit.keep(page, "requester-draft")
    page.get_by_label("Amount to add").fill("25")
    page.get_by_role("button", name="Add to escrow").click()
    expect(page.locator(".figures")).to_contain_text("$25.00 free in escrow")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".messages")).to_contain_text("Published.")
    visit.keep(page, "requester-published")
    project.refresh_from_db()
    assert project.state == "published" and Item.objects.filter(project=project, state="open").count() == 2


def look_at_an_item(page: Page) -> None:
    page.get_by_role("link", name="Items", exact=True).click()
    page.get_by_role("link", name="talk-1").click()
    text = page.get_by_role("main")
    for replaced in ("[PERSON_1]", "[PHONE_1]", "[EMAIL_1]"):
        expect(text).to_contain_text(replaced)
    for original in ("Jensen", "7946", "ma@example.com"):
        expect(text).not_to_contain_text(original)
