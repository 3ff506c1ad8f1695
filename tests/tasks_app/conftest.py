"""People, projects and items as plain rows."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts import roles
from accounts.models import Role, User
from rewards.services import ledger
from tasks_app.models import Item, Project
from tasks_app.services import projects, slots

CHOICE = [
    {
        "name": "intent",
        "type": "choice",
        "scope": "dialogue",
        "labels": ["refund", "delivery"],
        "required": True,
    }
]


def person(email: str, role: str | None = None) -> User:
    user = User.objects.create_user(email, "correct horse battery")
    if role:
        roles.grant(user, role)
    return user


@pytest.fixture
def owner(db: None) -> User:
    return person("owner@example.org", Role.REQUESTER)


@pytest.fixture
def annotator(db: None) -> User:
    return person("annotator@example.org")


@pytest.fixture
def stranger(db: None) -> User:
    return person("stranger@example.org", Role.REQUESTER)


def make_project(owner: User, **settings: Any) -> Project:
    chosen = {
        "title": "Support chats",
        "instructions": "Choose the intent.",
        "reward_minor": 5,
        "overlap_min": 2,
        "overlap_max": 3,
        "gold_share": 0.0,
        **settings,
    }
    return projects.create_project(owner=owner, fields=chosen.pop("fields", CHOICE), **chosen)


def add_items(
    project: Project, count: int, *, gold: dict[str, Any] | None = None, start: int = 0
) -> list[Item]:
    return Item.objects.bulk_create(
        Item(
            project=project,
            external_id=f"{'g' if gold else 'i'}{n}",
            payload={"text": f"Where is parcel {n}?"},
            content_hash=f"{'g' if gold else 'i'}{n}",
            position=n,
            gold=gold,
        )
        for n in range(start, start + count)
    )


def fund(project: Project, amount_minor: int = 1_000_000) -> None:
    ledger.fund_project(
        project_id=project.pk,
        currency=project.currency,
        amount_minor=amount_minor,
        key="test",
        actor=project.owner_id,
    )


def publish(project: Project) -> Project:
    fund(project)
    return projects.publish_project(project=project, actor=project.owner)


@pytest.fixture
def live_project(owner: User) -> Project:
    project = make_project(owner)
    add_items(project, 4)
    return publish(project)


@pytest.fixture
def sign_in(client: Client) -> Callable[[User], Client]:
    def as_user(user: User) -> Client:
        fresh = Client()
        fresh.force_login(user)
        return fresh

    return as_user


def post(client: Client, path: str, body: Any = None, **headers: str) -> Any:
    return client.post(
        f"/api/v1/{path}",
        data=json.dumps(body if body is not None else {}),
        content_type="application/json",
        headers=headers,
    )


def reserved(project: Project) -> int:
    return ledger.balances(project_id=project.pk, currency=project.currency).reserved


def open_all(project: Project) -> None:
    slots.open_waiting(project_id=project.pk)
