"""What may be wrong with how a page looks, asked of the page itself."""

from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 720}
EVERYTHING: dict[str, Any] = {"resultTypes": ["violations"]}
# A theme changes nothing but colours.
COLOURS = {**EVERYTHING, "runOnly": ["color-contrast"]}
CUT_OFF = Path(__file__).with_name("cut_off.js").read_text(encoding="utf-8")


def settle(page: Page) -> None:
    """What scripts draw after the page itself is there."""
    if page.locator("manyhands-workbench").count():
        page.wait_for_selector("[data-item]")
    for chart in page.locator("[data-chart]").all():
        chart.locator(".main-svg").first.wait_for()


def read_in_chinese(page: Page) -> None:
    page.context.add_cookies([{"name": "django_language", "value": "zh-hans", "url": page.url}])
    page.reload()
    settle(page)
    assert page.locator("html").get_attribute("lang") == "zh-hans"


def turn(page: Page, theme: Literal["light", "dark"]) -> None:
    """Colours pass from one to the other, however quickly; a shade in between is nobody's."""
    page.emulate_media(color_scheme=theme)
    page.evaluate(
        """async () => {
        do await new Promise(requestAnimationFrame);
        while (document.getAnimations().some((one) => one.playState === "running"));
        }"""
    )


def serious(page: Page, options: dict[str, Any] = EVERYTHING) -> list[str]:
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]


def misplaced(page: Page) -> list[str]:
    """Texts that leave their boxes, and what makes the document scroll sideways."""
    cut: list[str] = page.evaluate(CUT_OFF)
    return [f"{page.viewport_size} {one}" for one in (*too_wide(page), *cut)]


def from_right_to_left(page: Page) -> list[str]:
    """What makes the document scroll sideways where writing begins at the right."""
    page.evaluate("document.documentElement.dir = 'rtl'")
    found = too_wide(page)
    page.evaluate("document.documentElement.dir = 'ltr'")
    return [f"rtl {page.viewport_size} {one}" for one in found]


def too_wide(page: Page) -> list[str]:
    """What sticks out, if the document can be scrolled sideways."""
    found: list[str] = page.evaluate(
        """() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        if (scrollWidth <= clientWidth) return [];
        const outside = (one) => {
          const { left, right } = one.getBoundingClientRect();
          return right > clientWidth + 1 || left < -1;
        };
        const found = [...document.querySelectorAll("body *")].filter(outside).slice(0, 5);
        return [`${scrollWidth} > ${clientWidth}`, ...found.map((one) => one.outerHTML.slice(0, 160))];
        }"""
    )
    return found
