"""A requester watches the news: from the application's link to an alert that is judged, and a replay."""

import re

import pytest
from playwright.sync_api import expect

from accounts.models import Role, User
from accounts.roles import grant
from applications.finance_monitor.models import Alert, Monitor
from tests.factories import make_user
from tests.journeys.conftest import Visits
from tests.journeys.monitor_rows import watching

pytestmark = pytest.mark.browser


@pytest.fixture
def owner(db: None) -> User:
    user = make_user("owner")
    grant(user, Role.REQUESTER)
    return user


@pytest.fixture
def alert(owner: User) -> Alert:
    return watching(owner)


def test_from_the_series_to_a_judged_alert_and_a_replay(visit: Visits, owner: User, alert: Alert) -> None:
    page = visit(f"/projects/{alert.monitor_id}/application/", owner)
    expect(page).to_have_url(re.compile("/finance-monitor/$"))
    page.get_by_label("Topic").select_option("energy")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("[data-chart] .main-svg").first).to_be_visible()
    page.get_by_text("Show as a table").click()
    expect(page.get_by_role("cell", name="75%").first).to_be_visible()
    visit.keep(page, "finance-monitor")

    page.get_by_role("region", name="Alerts").get_by_role("link", name="Energy").click()
    expect(page.get_by_text("30 of 40 texts were negative")).to_be_visible()
    expect(page.get_by_text("A refinery burns").first).to_be_visible()
    page.get_by_role("button", name="False alarm").click()
    expect(page.get_by_text("It counts from the next bin on.")).to_be_visible()
    alert.refresh_from_db()
    assert alert.judged_true is False and alert.judged_by == owner

    page.get_by_role("link", name="Replay").click()
    page.get_by_label("Days per false alarm").fill("3")
    page.get_by_role("button", name="Replay").click()
    expect(page.get_by_role("cell", name="false alarm")).to_be_visible()
    assert Monitor.objects.get(pk=alert.monitor_id).calm_days == 30
    page.get_by_label("Days per false alarm").fill("90")
    page.get_by_role("button", name="Save these settings").click()
    expect(page.get_by_text("Saved. It counts from the next bin on.")).to_be_visible()
    assert Monitor.objects.get(pk=alert.monitor_id).calm_days == 90


def test_sources_and_webhooks_from_the_page(
    visit: Visits, owner: User, alert: Alert, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = visit(f"/projects/{alert.monitor_id}/finance-monitor/settings/", owner)
    page.locator("#id_hook-url").fill("http://127.0.0.1/hook")
    page.get_by_role("button", name="Add webhook").click()
    expect(page.get_by_text("This server is in a private network")).to_be_visible()
    visit.expect("422")
    monkeypatch.setattr("applications.finance_monitor.services.connections.place_of", lambda url: None)
    page.locator("#id_hook-url").fill("https://hooks.example.org/b")
    page.get_by_role("button", name="Add webhook").click()
    expect(page.locator("#secret")).to_have_text(re.compile(r"\S{40,}"))
    page.goto(page.url)
    expect(page.locator("#secret")).to_have_count(0)
    expect(page.get_by_text("https://hooks.example.org/b")).to_be_visible()
