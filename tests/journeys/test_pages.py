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
