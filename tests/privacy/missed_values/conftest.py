"""A project with an item in which personal data was missed, and reports of it."""

from typing import Any

import pytest

from privacy.models import MissedValue
from tasks_app.models import Assignment, Item, Project
from tasks_app.protecting.missed import Place
from tasks_app.services.flags import flag_item
from tests.factories import CHOICE, SPAN, TEXT, lease, make_items, make_project, make_user

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
NAME = "Zorvath Quillby"
TEXT_OF = f"Hello, {NAME} here. Where is my parcel?"
START, END = TEXT_OF.index(NAME), TEXT_OF.index(NAME) + len(NAME)
PLACE = Place(0, START, END)


@pytest.fixture(autouse=True)
def keys(settings: Any, tmp_path: Any) -> None:
    settings.VAULT_KEY, settings.MEDIA_ROOT = KEY, tmp_path


@pytest.fixture
def project(db: None) -> Project:
    return make_project(fields=[CHOICE, {**SPAN, "required": False}, TEXT])


def item_of(project: Project, text: str = TEXT_OF, **extra: Any) -> Item:
    [item] = make_items(project, payloads=[{"text": text}], **extra)
    return item


def flagged(item: Item, *places: Place, kind: str = "PERSON") -> MissedValue:
    flag_item(
        assignment=lease(item, make_user("flagger")),
        kind="personal_data",
        comment="",
        actor=Assignment.objects.filter(item=item).latest("created_at").worker,
        spans=places,
        data_kind=kind,
    )
    return MissedValue.objects.filter(item=item.pk).latest("created_at")
