"""The pages: no serious accessibility violation, no overflow, words through gettext, light enough."""

import gzip
import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.template.loader import render_to_string
from playwright.sync_api import Page

from config.design import sample
from tests.browser.conftest import CHINESE, CUSTOMER, SUGGESTION
from tests.browser.fake_server import ORIGIN, ROOT, FakeServer

pytestmark = pytest.mark.browser
LOOKS = [
    pytest.param(1280, "light", "en", id="1280-light-en"),
    pytest.param(390, "dark", "en", id="390-dark-en"),
    pytest.param(1280, "dark", "zh-hans", id="1280-dark-zh"),
    pytest.param(360, "light", "zh-hans", id="360-light-zh"),
]


def serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    grave = [one for one in found if one["impact"] in {"serious", "critical"}]
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for one in grave
        for node in one["nodes"]
    ]


def overflow(page: Page) -> int:
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


@pytest.mark.parametrize(("width", "theme", "language"), LOOKS)
def test_workbench(
    serve: Callable[..., tuple[Page, FakeServer]], width: int, theme: str, language: str
) -> None:
    chinese = language != "en"
    item: dict[str, Any] = {"turns": CHINESE if chinese else CUSTOMER}
    if not chinese:
        item["suggestion"] = SUGGESTION
    page, _ = serve(items=[item] * 3, width=width, theme=theme, language=language)
    keys = "ArrowRight Shift+ArrowRight 1 j ArrowRight 2 Escape j ArrowRight"
    for key in keys.split(" "):
        page.keyboard.press(key)
    assert serious(page) == []
    assert overflow(page) <= 0
    page.keyboard.press("?")
    assert serious(page) == []


@pytest.mark.parametrize(("width", "theme", "language"), LOOKS)
@pytest.mark.parametrize("template", ["design.html", "home.html", "error.html"])
def test_page(
    draw: Callable[..., str],
    new_page: Callable[..., Page],
    template: str,
    width: int,
    theme: str,
    language: str,
) -> None:
    context = {
        "sample": {**sample(), "figure": None},
        "status": 403,
        "detail": "Your role does not allow this.",
    }
    page = new_page(width=width)
    FakeServer(draw(template, language=language, theme=theme, **context), [], []).attach(page)
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(f"{ORIGIN}/")
    page.wait_for_load_state("networkidle")
    assert serious(page) == []
    assert overflow(page) <= 0
    assert [text for text in refused if "Content Security Policy" in text] == []


def test_the_theme_is_switched_and_remembered(draw: Callable[..., str], page: Page) -> None:
    FakeServer(draw("home.html"), [], []).attach(page)
    page.goto(f"{ORIGIN}/")
    page.locator("[data-theme-switch]").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert {one["name"]: one["value"] for one in page.context.cookies()}["theme"] == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 22, 26)"


def test_the_menu_opens_on_a_phone(draw: Callable[..., str], new_page: Callable[..., Page]) -> None:
    page = new_page(width=390)
    FakeServer(draw("error.html"), [], []).attach(page)
    page.goto(f"{ORIGIN}/")
    assert page.get_by_role("link", name="Earnings").is_hidden()
    page.get_by_role("button", name="Menu").click()
    assert page.get_by_role("link", name="Earnings").is_visible()


def test_the_top_bar_is_one_line_on_the_narrowest_phone(
    draw: Callable[..., str], new_page: Callable[..., Page]
) -> None:
    page = new_page(width=360, has_touch=True, is_mobile=True)
    FakeServer(draw("error.html", language="zh-hans"), [], []).attach(page)
    page.goto(f"{ORIGIN}/")
    bar = page.locator(".top").bounding_box()
    assert bar is not None and bar["height"] < 60


def test_the_navigation_follows_the_roles(draw: Callable[..., str]) -> None:
    links = re.findall(r'<nav class="top-nav".*?</nav>', draw("error.html", roles={"annotator"}), re.DOTALL)[
        0
    ]
    assert re.findall(r">([^<]+)</a>", links) == ["Catalogue", "My work", "Earnings"]


def test_the_workbench_is_light(serve: Callable[..., tuple[Page, FakeServer]]) -> None:
    page, server = serve()
    page.wait_for_load_state("networkidle")
    weight = sum(len(gzip.compress(content)) for content in server.bytes.values())
    assert weight < 120_000, {name: len(gzip.compress(content)) for name, content in server.bytes.items()}
    assert not [name for name in server.bytes if "htmx" in name or "plotly" in name]


def test_every_word_that_scripts_ask_for_stands_in_a_template() -> None:
    known = set(re.findall(r'data-key="(\w+)"', render_to_string("tasks_app/_workbench_strings.html")))
    sources = [*ROOT.glob("static/js/workbench/*.js"), *ROOT.glob("static/js/fields/*.js")]
    code = "\n".join(path.read_text() for path in sources)
    asked = set(re.findall(r'\b(?:t|hint|say)\(\s*"(\w+)"', code)) | set(
        re.findall(r'key: "([a-z]+_[a-z_]+)"', code)
    )
    assert asked - known == set()
    assert len(asked) > 40


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("path", ["login", "signup", "password/reset"])
def test_account_pages_have_the_design(
    draw: Callable[..., str],
    db: None,
    client: Any,
    settings: Any,
    new_page: Callable[..., Page],
    path: str,
    width: int,
) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    page = new_page(width=width)
    FakeServer(client.get(f"/accounts/{path}/").content.decode(), [], []).attach(page)
    page.goto(f"{ORIGIN}/")
    assert page.locator(".entrance .card form .btn.primary").count() == 1
    assert page.locator(".entrance .field label").count() > 0
    assert serious(page) == []
    assert overflow(page) <= 0
