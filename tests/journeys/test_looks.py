"""The looks themselves: what they find where something is wrong, and that they find nothing elsewhere."""

import pytest
from playwright.sync_api import Page

from tests.journeys.looks import CUT_OFF, from_right_to_left, misplaced, serious

pytestmark = pytest.mark.browser
LONG = "Benachrichtigungseinstellungen"
WRONG = {
    "a button too narrow": f"<button style='width:40px; overflow:visible'>{LONG}</button>",
    "a word beside its card": f"<div style='width:9px'><b style='white-space:nowrap'>{LONG}</b></div>",
    "a line cut below": "<div style='height:14px; overflow:hidden'>one<br>two</div>",
    "an ellipsis that tells nobody": f"<p style='width:60px; overflow:hidden; white-space:nowrap;"
    f" text-overflow:ellipsis'>{LONG}</p>",
}
RIGHT = {
    "a box that scrolls": f"<div style='width:50px; overflow-x:auto'><p style='width:400px'>{LONG}</p></div>",
    "an ellipsis with its words": f"<p title='{LONG}' style='width:60px; overflow:hidden; white-space:nowrap;"
    f" text-overflow:ellipsis'>{LONG}</p>",
    "what only a screen reader sees": "<p style='position:absolute; width:1px; height:1px; overflow:hidden;"
    f" clip-path:inset(50%)'>{LONG}</p>",
    "what is closed": f"<details><summary>more</summary><p style='width:10px'>{LONG}</p></details>",
}


@pytest.mark.parametrize("html", WRONG.values(), ids=WRONG)
def test_what_leaves_its_box_is_found(page: Page, html: str) -> None:
    page.set_content(html)
    assert page.evaluate(CUT_OFF) != []


@pytest.mark.parametrize("html", RIGHT.values(), ids=RIGHT)
def test_what_is_meant_so_is_left_alone(page: Page, html: str) -> None:
    page.set_content(html)
    assert misplaced(page) == []


def test_what_sticks_out_only_from_right_to_left_is_found(page: Page) -> None:
    page.set_content("<!doctype html><p style='position:absolute; left:-40px; width:80px'>one</p>")
    assert misplaced(page) == []
    assert from_right_to_left(page) != []


def test_pale_words_are_found(page: Page) -> None:
    page.set_content("<html lang=en><title>t</title><main><h1 style='color:#bbb'>pale</h1></main>")
    assert ["color-contrast" in one for one in serious(page)] == [True]
