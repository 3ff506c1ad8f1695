"""What an administrator sees of training, models and health, and nobody else."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from tests.factories import make_user
from tests.journeys.conftest import Visits
from training.models import Feedback, ModelVersion

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_finished_run_its_model_and_a_thumb(visit: Visits, admin: User, version: ModelVersion) -> None:
    page = visit("/training/", admin)
    visit.keep(page, "admin-training")
    page.get_by_role("link", name="Run 1").click()
    expect(page.get_by_role("heading", name="Run 1")).to_be_visible()
    for part in ("Classification report", "Confusion", "Recipe and lineage"):
        expect(page.get_by_role("main")).to_contain_text(part)
    page.wait_for_selector("[data-chart=curves] .main-svg")
    visit.keep(page, "admin-run")
    page.get_by_role("link", name="Version 1 and its card").click()
    try_out(visit, page)
    assert Feedback.objects.get().thumbs == 1
    page = visit("/health/", admin)
    expect(page.get_by_role("main")).to_contain_text("Live leases")


def try_out(visit: Visits, page: Page) -> None:
    page.get_by_label("A dialogue or a text").fill("customer: please give my money back for the broken lamp")
    page.get_by_role("button", name="Ask", exact=False).click()
    expect(page.locator("#answer")).to_contain_text("refund")
    page.locator("#answer label", has_text="Right").click()
    visit.keep(page, "admin-playground")
    page.locator("#answer").get_by_role("button", name="Send feedback").click()
    expect(page.locator("#answer")).to_contain_text("Thank you.")


def test_others_are_shown_nothing_of_it(visit: Visits, version: ModelVersion) -> None:
    page = visit("/catalogue/", make_user("stranger"))
    for name in ("Training", "Models", "Health"):
        expect(page.get_by_role("link", name=name)).to_have_count(0)
    for path in (
        "/training/",
        f"/training/runs/{version.run_id}/",
        "/models/",
        f"/models/{version.model.name}/",
    ):
        refused(page, visit.site + path, 404)
    refused(page, f"{visit.site}/health/", 403)
    visit.expect("404|403")


def refused(page: Page, url: str, status: int) -> None:
    response = page.goto(url)
    assert response is not None and response.status == status
    assert "Run 1" not in page.inner_text("body")
