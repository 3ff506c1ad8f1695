"""The evaluation of a run in a real Chromium: charts drawn, nothing wider than the screen, errors fetched."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.training.test_assessing import answer_all
from tests.training.test_curves import RISING
from tests.training.test_live_page import sign_in
from training.assessing import assess
from training.models import LearningCurve, Run


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
    said_so = {"reason": "", "now": 800, "more": 500, "gain": 0.014, "low": 0.003, "high": 0.022,
               "curve": {"a": 0.9, "b": 1.2, "c": 0.5}, "explained": 0.9}  # fmt: skip
    LearningCurve.objects.create(
        run=judged, metric="accuracy", state="done", points=RISING, planned=len(RISING), forecast=said_so
    )
    page = new_page(width=width, color_scheme=scheme)
    said = sign_in(page, admin, live_server.url)
    chosen = {"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": live_server.url}
    page.context.add_cookies([chosen])  # type: ignore[list-item]
    page.goto(f"{live_server.url}/training/runs/{judged.pk}/")
    page.locator("#errors .mistake").first.wait_for()
    page.locator("#slices .plot svg").first.wait_for()
    page.locator("#calibration .plot svg").first.wait_for()
    page.locator("#curve .plot svg").first.wait_for()
    assert page.locator("#errors .mistake").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.screenshot(path=tmp_path / "evaluation.png", full_page=True)
    page.locator("#errors input[name=items]").first.check()
    page.locator("#errors button.primary").click()
    page.locator(".mistake .chip.warn").first.wait_for()
    assert said == []
