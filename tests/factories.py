"""Plain functions that make rows. Money is real: a project's slots are paid for through the ledger."""

import time
from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from typing import Any

from django.db.models import F
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services.tokens import create_token
from common.ids import uuid7
from rewards.services import ledger
from tasks_app.fields.payload import content_hash
from tasks_app.models import Assignment, Item, Project, SchemaVersion

_numbers = count(1)
CHOICE = {
    "name": "intent",
    "type": "choice",
    "title": "Intent",
    "labels": ["refund", "delivery", "other"],
    "scope": "dialogue",
    "required": True,
}
SPAN = {"name": "qa", "type": "span", "title": "Question and answer", "labels": ["question", "answer"]}
TEXT = {"name": "reply", "type": "text", "title": "Best reply", "required": False}


def make_user(name: str = "", **extra: Any) -> User:
    number = next(_numbers)
    return User.objects.create(
        email=f"{name or 'person'}-{number}@example.org", display_name=name or f"Person {number}", **extra
    )


def confirm_session(client: Any) -> None:
    """As if the signed-in person had just given the password again."""
    session = client.session
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time(), "reauthenticated": True}
    ]
    session.save()


def sign_up_form(email: str, password: str, **changed: Any) -> dict[str, Any]:
    """What a person sends who signs up and is content with everything that must be confirmed."""
    form = {"email": email, "password1": password, "password2": password}
    return form | {"residence": "gdpr", "of_age": "on", "notice": "on"} | changed


def make_project(
    owner: User | None = None,
    *,
    fields: Sequence[dict[str, Any]] = (CHOICE,),
    funds: int = 100_000,
    state: str = Project.State.PUBLISHED,
    **settings: Any,
) -> Project:
    """A published project with `funds` minor units in its escrow, 3 to 5 answers an item at 10 each."""
    owner = owner or make_user("owner")
    wanted = {
        "title": "Support chats",
        "instructions": "Choose.",
        "reward_minor": 10,
        "sample_check_share": 0.0,
    }
    project = Project.objects.create(owner=owner, state=state, **(wanted | settings))
    SchemaVersion.objects.create(project=project, number=1, fields=list(fields))
    if funds:
        ledger.fund_project(
            project_id=project.pk,
            currency=project.currency,
            amount_minor=funds,
            key=str(uuid7()),
            actor=owner.pk,
        )
    return project


def make_items(
    project: Project,
    number: int = 1,
    *,
    slots: int | None = None,
    payloads: Sequence[dict[str, Any]] = (),
    **extra: Any,
) -> list[Item]:
    """Open items whose slots (the project's minimum, if not said) are reserved in the ledger."""
    slots = project.overlap_min if slots is None else slots
    items = []
    for _ in range(number):
        n = next(_numbers)
        payload = payloads[len(items)] if payloads else {"text": f"Where is my parcel number {n}?"}
        items.append(
            Item(
                project=project,
                external_id=f"item-{n}",
                payload=payload,
                content_hash=content_hash({**payload, "n": n}),
                state=Item.State.OPEN,
                position=n,
                slots=slots,
                **extra,
            )
        )
    Item.objects.bulk_create(items)
    if slots * number * project.reward_minor:
        ledger.reserve(
            project_id=project.pk,
            currency=project.currency,
            amount_minor=slots * number * project.reward_minor,
            key=f"reserve:{uuid7()}",
        )
    return items


def lease(item: Item, worker: User, *, seconds: int = 1800) -> Assignment:
    """One slot of `item` lent to `worker`; negative `seconds` make a lease that has run out."""
    now = timezone.now()
    Item.objects.filter(pk=item.pk).update(taken=F("taken") + 1)
    return Assignment.objects.create(
        project=item.project,
        item=item,
        worker=worker,
        schema_version=item.project.schema_versions.latest("number"),
        reward_minor=item.project.reward_minor,
        created_at=now - timedelta(seconds=60),
        lease_expires_at=now + timedelta(seconds=seconds),
    )


def client_of(user: User | None) -> APIClient:
    """A REST client, signed in as `user` by token."""
    client = APIClient()
    if user is not None:
        _, text = create_token(user=user)
        client.credentials(HTTP_AUTHORIZATION=f"Token {text}")
    return client
