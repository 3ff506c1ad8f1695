"""What people want to hear of, and how."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from accounts.models import Notification, NotificationPreference, User
from accounts.zones import zone_named
from common import audit

Topic = NotificationPreference.Topic
Mail = NotificationPreference.Mail
# The first beginning that fits says the topic.
_BEGINNINGS = (
    ("measure_appealed", Topic.PROJECTS),
    ("item_flagged", Topic.PROJECTS),
    ("import_", Topic.PROJECTS),
    ("approving_", Topic.PROJECTS),
    ("rate_", Topic.PROJECTS),
    ("work_", Topic.PROJECTS),
    ("payout_", Topic.MONEY),
    ("bonus_", Topic.MONEY),
    ("payment_", Topic.MONEY),
    ("subject_request_", Topic.PRIVACY),
    *((start, Topic.MODELS) for start in ("run_", "canary_", "model_", "feedback_", "retrain_")),
    *(
        (start, Topic.WORK)
        for start in ("answer_", "appeal_", "gold_", "measure_", "worker_", "ban_", "qualification_",
                      "item_", "flag_", "badge_")
    ),
)  # fmt: skip
DIGEST_AT = time(8)  # where the person is


@dataclass(frozen=True, slots=True)
class Wish:
    in_app: bool
    mail: str


# Mail is asked for, not pushed; what must be answered by a day of the law is the one exception.
USUAL = {topic: Wish(True, Mail.AT_ONCE if topic == Topic.PRIVACY else Mail.NEVER) for topic in Topic}


def topic_of(kind: str) -> Topic:
    return next((topic for start, topic in _BEGINNINGS if kind.startswith(start)), Topic.OTHER)


def wish_of(user_id: UUID, topic: Topic, *, asked: bool = False) -> Wish:
    """asked: a mail at once is what they get while they have chosen nothing here."""
    row = NotificationPreference.objects.filter(user=user_id, topic=topic).first()
    if row is not None:
        return Wish(row.in_app, row.mail)
    return Wish(USUAL[topic].in_app, Mail.AT_ONCE) if asked else USUAL[topic]


def wishes_of(user: User) -> dict[Topic, Wish]:
    rows = {row.topic: row for row in NotificationPreference.objects.filter(user=user)}
    return {
        topic: Wish(rows[topic].in_app, rows[topic].mail) if topic in rows else USUAL[topic]
        for topic in Topic
    }


@transaction.atomic
def save_wishes(*, user: User, wishes: Mapping[Topic, Wish], actor: UUID | None) -> None:
    """Those named; mails of a topic that is no longer wanted by mail are not sent any more."""
    for topic, wish in wishes.items():
        NotificationPreference.objects.update_or_create(
            user=user, topic=topic, defaults={"in_app": wish.in_app, "mail": wish.mail}
        )
    silent = {topic for topic, wish in wishes.items() if wish.mail == Mail.NEVER}
    waiting = Notification.objects.filter(user=user, mail_due_at__isnull=False)
    stopped = [row.pk for row in waiting.only("kind") if topic_of(row.kind) in silent]
    Notification.objects.filter(pk__in=stopped).update(mail_due_at=None)
    audit.record("notifications.chosen", user, actor=actor, topics=sorted(map(str, wishes)))


def mail_due(user_id: UUID, wish: Wish, now: datetime) -> datetime | None:
    """When a mail about something that happens now is due; None for none."""
    if wish.mail == Mail.NEVER or not settings.MAIL_REACHES_PEOPLE:
        return None
    if wish.mail == Mail.AT_ONCE:
        return now
    name = User.objects.filter(pk=user_id).values_list("time_zone", flat=True).first()
    return next_digest(now, zone_named(name or ""))


def next_digest(now: datetime, zone: ZoneInfo) -> datetime:
    """The next eight o'clock in `zone`, in UTC; when clocks change it stays eight on the wall."""
    here = now.astimezone(zone)
    day = here.date() if here.time() < DIGEST_AT else here.date() + timedelta(days=1)
    return datetime.combine(day, DIGEST_AT, zone).astimezone(UTC)
