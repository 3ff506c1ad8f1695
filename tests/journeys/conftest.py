"""The whole site in a real Chromium: one server and one database for each file of journeys.

The rows of one journey stay for the next ones of the same file, so each makes its own people and projects.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections
from django.test import Client, override_settings
from playwright.sync_api import ConsoleMessage, Page
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from accounts.models import Role, User
from accounts.roles import grant
from config.celery import app
from tests.factories import confirm_session, make_user
from tests.journeys.rows import trained_version

# Fixtures of another area, used here as they are.
from tests.training.conftest import tiny_encoder, trained  # noqa: F401
from training.models import ModelVersion

VAULT_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


@pytest.fixture(scope="module")
def site(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of the real site. Background work is done at once, in the request that asks for it."""
    folder = tmp_path_factory.mktemp("site")
    eager, app.conf.task_always_eager = app.conf.task_always_eager, True
    settings = {"MEDIA_ROOT": folder / "media", "ARTIFACTS_DIR": folder / "artifacts", "VAULT_KEY": VAULT_KEY}
    with django_db_blocker.unblock(), override_settings(**settings, ALLOWED_HOSTS=["localhost"]):
        server = LiveServer("localhost")
        yield server.url
        server.stop()
        call_command("flush", verbosity=0, interactive=False)
        # While Playwright's loop runs, this thread has connections that pytest-django never sees.
        connections.close_all()
    app.conf.task_always_eager = eager


class Visits:
    """Opens pages, signed in or not, and keeps what the browser complains about."""

    def __init__(self, site: str, new_page: Callable[..., Page], folder: Path) -> None:
        self.site = site
        self._new_page = new_page
        self.folder = folder
        self._complaints: list[str] = []

    def __call__(self, path: str, user: User | None = None, **options: Any) -> Page:
        page = self._new_page(**{"reduced_motion": "reduce", **options})
        if user is not None:
            self.sign_in(page, user)
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self._complaints.append(str(error)))
        page.goto(self.site + path)
        return page

    def sign_in(self, page: Page, user: User) -> None:
        client = Client()
        client.force_login(user)
        confirm_session(client)
        session = client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": session, "url": self.site}])

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._complaints.append(f"{message.text} ({message.location['url']})")

    def expect(self, pattern: str) -> None:
        """At least one complaint that matches, and none of them is one any more."""
        found = [one for one in self._complaints if re.search(pattern, one)]
        assert found, f"nothing said {pattern!r}: {self._complaints}"
        self._complaints = [one for one in self._complaints if one not in found]

    def keep(self, page: Page, name: str) -> None:
        """A picture in the middle of a journey; the last look of every page is kept anyway."""
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=self.folder / f"journeys-{name}.png", full_page=True)

    def finish(self) -> None:
        assert self._complaints == []


@pytest.fixture
def db(site: str) -> None:
    """In place of pytest-django's: rows that the server sees, and that last until the file ends."""


@pytest.fixture
def visit(site: str, db: None, new_page: Callable[..., Page], pictures: Path) -> Iterator[Visits]:
    """`page = visit("/work/", annotator, width=390)`. Errors in the console fail the test."""
    visits = Visits(site, new_page, pictures)
    yield visits
    visits.finish()


@pytest.fixture(scope="session")
def pictures() -> Path:
    folder = Path(os.environ.get("SCREENSHOTS") or Path(__file__).resolve().parents[2] / "test-output")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def admin(db: None) -> User:
    user = make_user("admin")
    grant(user, Role.ADMIN)
    return user


@pytest.fixture(scope="module")
def version(site: str, trained: Path) -> ModelVersion:  # noqa: F811
    """What a finished run has left behind."""
    return trained_version(trained)
