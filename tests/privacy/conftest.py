"""People, a project, and dialogues brought in the way everybody does."""

import base64
import json
from typing import Any

import pytest

from accounts.models import Role, User
from accounts.roles import grant
from tasks_app.importing import job as work
from tasks_app.models import ImportJob, Item, Project
from tasks_app.services import imports
from tests.factories import make_project, make_user

KEY = base64.b64encode(bytes(range(32))).decode()
NEW_KEY = base64.b64encode(bytes(range(32, 64))).decode()
REASON = "A complaint of 3 May."


@pytest.fixture
def owner(db: None) -> User:
    return make_user("owner")


@pytest.fixture
def admin(db: None) -> User:
    user = make_user("admin")
    grant(user, Role.ADMIN)
    return user


@pytest.fixture
def project(owner: User) -> Project:
    return make_project(owner)


@pytest.fixture
def vault_key(settings: Any) -> str:
    settings.VAULT_KEY = KEY
    return KEY


@pytest.fixture(autouse=True)
def media(tmp_path: Any, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


def load(project: Project, *rows: dict[str, Any]) -> ImportJob:
    """Import `rows` as a file; the finished job."""
    content = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    job = imports.start_import(project=project, actor=project.owner, chunks=[content], format="jsonl")
    work.run(job.pk)
    job.refresh_from_db()
    assert job.state == "succeeded", job.reason
    return job


def item(external_id: str) -> Item:
    return Item.objects.get(external_id=external_id)


@pytest.fixture
def controller(settings: Any) -> None:
    settings.CONTROLLER_NAME = "Example Ltd"
    settings.CONTROLLER_ADDRESS = "1 Example Street, Exampletown"
    settings.CONTROLLER_EMAIL = "privacy@example.org"


@pytest.fixture
def annotator(db: None) -> User:
    return make_user("anna")
