from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import Notification, User
from accounts.services import preferences
from common.gate import json_through_gate


def notify(
    *, user_id: UUID, kind: str, url: str = "", by_mail: bool = True, asked: bool = False, **data: Any
) -> None:
    """Tell a person something, inside the caller's transaction. `kind` names a text in the templates.

    As they want to hear of it: on the site, by mail at once or once a day, or not at all. `by_mail`: False
    where a mail of its own tells of it, so that nobody is told twice. `asked`: a mail at once was asked for
    where this is set up, which holds as long as they have said nothing else of such mails.
    """
    wish = preferences.wish_of(user_id, preferences.topic_of(kind), asked=asked)
    due = preferences.mail_due(user_id, wish, timezone.now()) if by_mail else None
    if wish.in_app or due:
        Notification.objects.create(
            user_id=user_id, kind=kind, url=url, data=json_through_gate(data), in_app=wish.in_app,
            mail_due_at=due,
        )  # fmt: skip


def mark_all_read(*, user: User) -> int:
    """What stands in the list; what comes by mail alone was not seen there."""
    own = Notification.objects.filter(user=user, in_app=True, read_at=None)
    return own.update(read_at=timezone.now())
