"""Language, theme and tokens."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import ApiToken, User
from tests.factories import make_user
from tests.journeys.conftest import Visits

pytestmark = pytest.mark.browser


@pytest.fixture
def user(db: None) -> User:
    return make_user("ada")


def test_the_language_stays_on_every_page_and_in_the_next_browser(visit: Visits, user: User) -> None:
    page = visit("/catalogue/", user)
    page.get_by_role("button", name="简体中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    page.goto(f"{visit.site}/earnings/")
    expect(page.get_by_role("link", name="收入")).to_be_visible()
    user.refresh_from_db()
    assert user.language == "zh-hans"
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Earnings")).to_be_visible()


def test_the_theme_stays(visit: Visits, user: User) -> None:
    page = visit("/catalogue/", user, color_scheme="light")
    page.get_by_role("button", name="Light or dark").click()
    for path in ("/catalogue/", "/work/"):
        page.goto(visit.site + path)
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 22, 26)"


def test_a_token_is_shown_once_and_revoked(visit: Visits, user: User) -> None:
    page = visit("/settings/", user)
    page.get_by_label("What is it for?").fill("nightly export")
    page.get_by_role("button", name="Make a token").click()
    text = token_on(page)
    visit.keep(page, "settings-token")
    headers = {"Authorization": f"Token {text}"}
    url = f"{visit.site}/api/v1/me/assignments"
    with_token = page.context.browser
    assert with_token is not None
    stranger = with_token.new_context()
    assert stranger.request.get(url, headers=headers).status == 200
    page.goto(f"{visit.site}/settings/")
    expect(page.get_by_role("main")).not_to_contain_text(text)
    page.get_by_role("button", name="Revoke").click()
    expect(page.locator(".messages")).to_contain_text("The token no longer works.")
    assert stranger.request.get(url, headers=headers).status == 401
    stranger.close()
    assert ApiToken.objects.filter(user=user, revoked_at=None).count() == 0


def token_on(page: Page) -> str:
    return page.get_by_role("button", name="Copy").get_attribute("data-copy") or ""
