from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import Notification, User
from common.gate import json_through_gate


def notify(*, user_id: UUID, kind: str, url: str = "", **data: Any) -> None:
    """Tell a person something, inside the caller's transaction. `kind` names a text in the templates."""
    Notification.objects.create(user_id=user_id, kind=kind, url=url, data=json_through_gate(data))


def mark_all_read(*, user: User) -> int:
    return Notification.objects.filter(user=user, read_at=None).update(read_at=timezone.now())
