"""The evaluation of a run in a real Chromium: charts drawn, nothing wider than the screen, errors fetched."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.training.test_assessing import answer_all
from tests.training.test_live_page import sign_in
from training.assessing import assess
from training.models import Run


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("width", "scheme", "language"), [(1280, "light", "en"), (390, "dark", "zh-hans")])
def test_the_evaluation_is_drawn_and_errors_come_after_it(
    judged: Run, admin: User, live_server: LiveServer, new_page: Callable[..., Page], tmp_path: Path,
    width: int, scheme: str, language: str,
) -> None:  # fmt: skip
    answer_all(judged)
    judged.report = assess(judged, judged.report, "accuracy")
    judged.save()
    User.objects.filter(pk=admin.pk).update(language=language)
    page = new_page(width=width, color_scheme=scheme)
    said = sign_in(page, admin, live_server.url)
    page.goto(f"{live_server.url}/training/runs/{judged.pk}/")
    page.locator("#errors .mistake").first.wait_for()
    page.locator("#slices .plot svg").first.wait_for()
    page.locator("#calibration .plot svg").first.wait_for()
    assert page.locator("#errors .mistake").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.screenshot(path=tmp_path / "evaluation.png", full_page=True)
    page.locator("#errors input[name=items]").first.check()
    page.locator("#errors button.primary").click()
    page.locator(".mistake .chip.warn").first.wait_for()
    assert said == []
