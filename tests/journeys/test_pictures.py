"""The main pages of every role as pictures: three widths, light and dark, both languages; none too wide."""

import re
from typing import Any

import pytest

from tests.journeys.conftest import Visits
from tests.journeys.looks import settle, too_wide, turn
from tests.journeys.world import World, make_world
from training.models import ModelVersion

pytestmark = pytest.mark.browser
WIDTHS = {390: 844, 1280: 800, 1920: 1080}
# All other pages are drawn once each by test_pages.py: at 1280 px, and checked at 390 px and in Chinese.
MAIN = [
    ("nobody", "/"),
    ("annotator", "/catalogue/"),
    ("annotator", "/projects/{project}/label/"),
    ("annotator", "/work/"),
    ("annotator", "/earnings/"),
    ("requester", "/projects/"),
    ("requester", "/projects/{project}/"),
    ("requester", "/projects/{project}/quality/"),
    ("reviewer", "/projects/{project}/review/"),
    ("admin", "/training/runs/{run}/"),
]


@pytest.fixture(scope="module")
def world(site: str, version: ModelVersion) -> World:
    return make_world(version)


@pytest.mark.parametrize(("role", "path"), MAIN)
def test_pictures(visit: Visits, world: World, role: str, path: str) -> None:
    page = visit(path.format(**world.ids), world.people[role], color_scheme="light")
    problems: list[Any] = []
    for language in ("en", "zh-hans"):
        page.context.add_cookies([{"name": "django_language", "value": language, "url": page.url}])
        page.reload()
        settle(page)
        assert page.locator("html").get_attribute("lang") == language
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            for theme in ("light", "dark"):
                turn(page, theme)
                name = re.sub(r"\W+", "-", f"{role}{path}").strip("-")
                visit.keep(page, f"matrix-{name}-{width}-{theme}-{language}")
            problems += too_wide(page)
    assert problems == []
