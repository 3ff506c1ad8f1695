"""Scales, ranks and links on one page: kept as a draft, and for assistive technology."""

import pytest
from playwright.sync_api import expect

from tests.browser.new_fields.conftest import (
    BEST,
    CANDIDATES,
    LINKS,
    MARKED,
    MOOD,
    QA,
    TONE,
    TURNS,
    Serve,
    answer,
    link,
    option,
    press,
    ranking,
)
from tests.browser.test_pages import overflow, serious

pytestmark = pytest.mark.browser


def test_drafts_survive_a_reload(serve: Serve) -> None:
    items = [{"turns": TURNS, "candidates": CANDIDATES, "draft": {"qa": MARKED}}] * 2
    page, server = serve(items=items, fields=[QA, LINKS, TONE, BEST])
    press(page, "] ] ] 3 [ [ 3")
    option(page, "tone", "2").click()
    for name in "dcb":
        option(page, "best", name).click()
    expect(page.locator("[data-part=saved]")).to_contain_text("Draft kept")
    page.reload()
    expect(page.locator(".link-chip")).to_have_count(1)
    assert ranking(page) == ["d", "c", "b", "a"]
    sent = answer(server, page)["answer"]
    assert sent == {"qa": MARKED, "links": [link(2, 0)], "tone": 2, "best": ["d", "c", "b", "a"]}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wrong_for_assistive_technology(
    serve: Serve, language: str, theme: str, width: int
) -> None:
    suggestion = {"mood": {"value": [{"turn": 2, "value": 3}], "confidence": 0.6}}
    items = [
        {"turns": TURNS, "candidates": CANDIDATES, "draft": {"qa": MARKED}, "suggestion": suggestion}
    ] * 2
    page, _ = serve(items=items, fields=[QA, LINKS, MOOD, BEST], language=language, theme=theme, width=width)
    press(page, "] ] ] 3 [ [ 3 Escape k k")
    for name in "dc":
        option(page, "best", name).click()
    option(page, "mood", "1").click()
    assert serious(page) == []
    assert overflow(page) <= 0
