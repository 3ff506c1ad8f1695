"""Every page: no grave accessibility violation, light or dark, on a desk or a phone; none too wide."""

import re
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Visits
from tests.journeys.page_list import PAGES
from tests.journeys.world import World, make_world
from training.models import ModelVersion

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}
EVERYTHING: dict[str, Any] = {"resultTypes": ["violations"]}
# A theme changes nothing but colours.
COLOURS = {**EVERYTHING, "runOnly": ["color-contrast"]}


@pytest.fixture(scope="module")
def world(site: str, version: ModelVersion) -> World:
    return make_world(version)


@pytest.mark.parametrize(("role", "path"), PAGES)
def test_page(visit: Visits, world: World, role: str, path: str) -> None:
    page = visit(path.format(**world.ids), world.people[role], color_scheme="dark")
    settle(page)
    problems = serious(page, COLOURS)
    turn(page, "light")
    problems += serious(page)
    visit.keep(page, "page-" + re.sub(r"\W+", "-", f"{role}{path}").strip("-"))
    page.set_viewport_size(PHONE)
    problems += serious(page, COLOURS)
    turn(page, "dark")
    problems += [*too_wide(page), *serious(page)]
    read_in_chinese(page)
    problems += too_wide(page)
    assert problems == []


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


def test_the_tab_of_the_page_is_in_sight_on_a_phone(visit: Visits, world: World) -> None:
    page = visit("/projects/{project}/settings/".format(**world.ids), world.people["requester"], width=390)
    expect(page.locator(".tabs [aria-current]")).to_be_in_viewport(ratio=0.9)


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


def too_wide(page: Page) -> list[str]:
    """What sticks out, if the document can be scrolled sideways."""
    found: list[str] = page.evaluate(
        """() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        if (scrollWidth <= clientWidth) return [];
        const outside = (one) => one.getBoundingClientRect().right > clientWidth + 1;
        const found = [...document.querySelectorAll("body *")].filter(outside).slice(0, 5);
        return [`${scrollWidth} > ${clientWidth}`, ...found.map((one) => one.outerHTML.slice(0, 160))];
        }"""
    )
    return found
