"""Fixtures that every area may use: the servers, and a browser."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, Page, sync_playwright
from redis import Redis as RedisClient

from common import counts
from local.browser import find_chromium
from local.redis_server import Redis
from local.services import hold, postgres
from privacy.services.notices import remember_number
from tests import env

ROOT = Path(__file__).resolve().parents[1]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]

# How long an example takes says how busy the machine is, and nothing about the code.
settings.register_profile("busy machines", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy machines")


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Hundreds of tests make people; a hash that is slow on purpose would take minutes of the suite."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(autouse=True)
def no_notice_known() -> None:
    """A process remembers for some seconds which privacy notice is in force: at first none in each test."""
    remember_number(0, seconds=600)


@pytest.fixture(autouse=True)
def counted_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a count of three rows may take long once; what is kept then is tested for itself."""
    monkeypatch.setattr(counts, "COSTLY_SECONDS", 60.0)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL that answers."""
    if env.OWN_DATABASE:
        env.HOME.create()
        with postgres(env.HOME, durable=False) as url:
            yield url
    else:
        yield os.environ["DATABASE_URL"]


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The URL of a Redis that answers."""
    if env.OWN_REDIS:
        env.HOME.create()
        with hold(Redis(env.HOME, durable=False)):
            yield os.environ["REDIS_URL"]
    else:
        yield os.environ["REDIS_URL"]


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """A Redis with nothing in it."""
    with RedisClient.from_url(redis_server) as client:
        client.flushdb()
    return redis_server


@pytest.fixture(scope="session")
def django_db_setup(postgres_server: str, redis_server: str, django_db_setup: None) -> None:
    """pytest-django's own, once the servers are up. Redis holds the cache, which most requests read."""


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    found = find_chromium()
    if found is None:
        pytest.fail("No Chromium here. `python3 manage.py test` installs one; or set CHROMIUM to its path.")
    return found


@pytest.fixture(scope="session")
def browser(chromium_path: Path) -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread; without this Django refuses its ORM to the tests.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(chromium_path), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def new_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Make pages in a fresh context each: `new_page(width=390, color_scheme="dark", locale="zh-CN")`.

    At the end of the test every page still open is saved as a picture in SCREENSHOTS, or test-output/.
    """
    folder = Path(os.environ.get("SCREENSHOTS") or ROOT / "test-output")
    name = re.sub(r"[^\w.-]+", "-", request.node.nodeid.partition("tests/")[2]).strip("-")
    pages: list[Page] = []

    def make(*, width: int = 1280, height: int = 800, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        pages.append(context.new_page())
        return pages[-1]

    yield make
    folder.mkdir(parents=True, exist_ok=True)
    for number, page in enumerate(pages, start=1):
        if not page.is_closed():
            page.screenshot(path=folder / f"{name}-{number}.png", full_page=True)
        page.context.close()


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()
