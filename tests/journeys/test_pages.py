"""Every page: no grave accessibility violation, light or dark, on a desk or a phone, in both languages.

And every text in its box, in both languages, and no page too wide, in either direction of writing.
"""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Visits
from tests.journeys.looks import (
    COLOURS,
    DESK,
    PHONE,
    from_right_to_left,
    misplaced,
    read_in_chinese,
    serious,
    settle,
    turn,
)
from tests.journeys.page_list import PAGES
from tests.journeys.world import World, make_world
from training.models import ModelVersion

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def world(site: str, version: ModelVersion) -> World:
    return make_world(version)


@pytest.mark.parametrize(("role", "path"), PAGES)
def test_page(visit: Visits, world: World, role: str, path: str) -> None:
    page = visit(path.format(**world.ids), world.people[role], color_scheme="dark")
    settle(page)
    problems = serious(page, COLOURS)
    turn(page, "light")
    problems += [*serious(page), *misplaced(page), *from_right_to_left(page)]
    visit.keep(page, "page-" + re.sub(r"\W+", "-", f"{role}{path}").strip("-"))
    page.set_viewport_size(PHONE)
    problems += serious(page, COLOURS)
    turn(page, "dark")
    problems += [*misplaced(page), *serious(page), *from_right_to_left(page)]
    read_in_chinese(page)
    problems += [*misplaced(page), *serious(page)]
    page.set_viewport_size(DESK)
    problems += misplaced(page)
    assert problems == []


def test_the_tab_of_the_page_is_in_sight_on_a_phone(visit: Visits, world: World) -> None:
    page = visit("/projects/{project}/settings/".format(**world.ids), world.people["requester"], width=390)
    expect(page.locator(".tabs [aria-current]")).to_be_in_viewport(ratio=0.9)


def test_rows_are_read_on_a_phone_without_moving_them_sideways(visit: Visits, world: World) -> None:
    for role, path in (("annotator", "/work/"), ("admin", "/privacy/desk/")):
        page = visit(path, world.people[role], width=390)
        read_in_chinese(page)
        found = page.locator(".table-scroll").evaluate_all(
            "all => all.map(e => e.scrollWidth - e.clientWidth)"
        )
        assert found
        assert max(found) <= 0, (path, found)


@pytest.mark.parametrize("width", [820, 1024, 1240, 1280])
def test_who_has_every_role_sees_the_whole_menu(visit: Visits, world: World, width: int) -> None:
    page = visit("/health/", world.people["admin"], width=width)
    toggle = page.locator("[data-toggle='top-nav']")
    if toggle.is_visible():
        toggle.click()
    for link in page.locator(".top-nav a").all():
        expect(link).to_be_in_viewport(ratio=0.98)


def test_the_instructions_stand_over_the_text_on_a_wide_screen(visit: Visits, world: World) -> None:
    page = visit("/projects/{project}/label/".format(**world.ids), world.people["annotator"], width=1920)
    page.locator(".bench-talk .turn").first.wait_for()
    lefts = page.locator(".intro, .bench-talk").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect().left)"
    )
    assert len(set(lefts)) == 1, lefts
