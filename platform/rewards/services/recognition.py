"""Points, levels, badges and streaks. Worked out anew from the answers each time: nothing counts twice.

Only what gold cannot be told by goes in: answers approved, whatever their items are.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isqrt
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.notifications import notify
from common.errors import Invalid, Problem
from common.gate import through_gate
from privacy.services import consents
from rewards.models import Badge, Recognition
from rewards.months import zone_named
from rewards.streaks import streaks_of

RECENT = timedelta(days=30)
_BOARD = 50
_POINTS_OF_A_LEVEL = 10
# Name -> the fact that it stands for, and from how much of it on.
BADGES = {
    "first": ("approved", 1),
    "hundred": ("approved", 100),
    "thousand": ("approved", 1_000),
    "ten_thousand": ("approved", 10_000),
    "three_days": ("longest_streak", 3),
    "ten_days": ("longest_streak", 10),
    "fifty_days": ("longest_streak", 50),
    "three_projects": ("projects", 3),
    "ten_projects": ("projects", 10),
}


@dataclass(frozen=True, slots=True)
class Worked:
    """What a person did for one project within one hour (UTC)."""

    hour: datetime
    project: UUID
    answers: int
    approved: int


WorkSource = Callable[[UUID], Sequence[Worked]]
_sources: list[WorkSource] = []


def register_work_source(source: WorkSource) -> None:
    """A higher app tells what a person has done; rejected answers are left out of it."""
    if source not in _sources:
        _sources.append(source)


@dataclass(frozen=True, slots=True)
class Skill:
    """How well a person answers one field of one project, as of the last fit; 0..1."""

    project: str
    field: str
    accuracy: float
    answers: int


SkillSource = Callable[[UUID], Sequence[Skill]]
_skill_sources: list[SkillSource] = []


def register_skill_source(source: SkillSource) -> None:
    """A higher app tells how well a person answers."""
    if source not in _skill_sources:
        _skill_sources.append(source)


def skills_of(user_id: UUID) -> list[Skill]:
    return [skill for source in _skill_sources for skill in source(user_id)]


def level_of(points: int) -> int:
    """Level n begins at 10 (n - 1)^2 points: quick at first, then each takes a little longer."""
    return 1 + isqrt(points // _POINTS_OF_A_LEVEL)


def points_for_next(points: int) -> int:
    """What the next level begins at."""
    found: int = _POINTS_OF_A_LEVEL * level_of(points) ** 2
    return found


@transaction.atomic
def update_recognition(*, user_id: UUID, now: datetime | None = None) -> Recognition:
    """One point for each approved answer; streaks in the person's own days. Twice is harmless."""
    now = now or timezone.now()
    Recognition.objects.get_or_create(user=user_id)
    row = Recognition.objects.select_for_update().get(user=user_id)
    work = [part for source in _sources for part in source(user_id)]
    zone = ZoneInfo(row.time_zone)
    days = [part.hour.astimezone(zone).date() for part in work if part.answers]
    streaks = streaks_of(days, now.astimezone(zone).date())
    row.points = sum(part.approved for part in work)
    row.recent_points = sum(part.approved for part in work if part.hour > now - RECENT)
    row.streak, row.active_days = streaks.current, streaks.active_days
    row.longest_streak = streaks.longest
    row.last_day = max(days, default=None)
    row.facts = {
        "approved": row.points,
        "longest_streak": streaks.longest,
        "projects": len({part.project for part in work if part.approved}),
    }
    row.updated_at = now
    row.save()
    _award(row, now)
    return row


def _award(row: Recognition, now: datetime) -> None:
    earned = {name for name, (fact, enough) in BADGES.items() if row.facts[fact] >= enough}
    known = set(Badge.objects.filter(user=row.user).values_list("name", flat=True))
    new = [Badge(user=row.user, name=name, earned_at=now) for name in BADGES if name in earned - known]
    Badge.objects.bulk_create(new, ignore_conflicts=True)
    for badge in new:
        notify(user_id=row.user, kind="badge_earned", url="/recognition/", badge=badge.name)


@transaction.atomic
def set_listing(*, user_id: UUID, **choices: Any) -> Recognition:
    """How a person is listed (`listing`, `nickname`) and where the day ends (`time_zone`)."""
    Recognition.objects.get_or_create(user=user_id)
    row = Recognition.objects.select_for_update().get(user=user_id)
    for name in ("listing", "nickname", "time_zone"):
        if name in choices:
            setattr(row, name, choices[name])
    row.nickname = " ".join(row.nickname.split())
    zone_named(row.time_zone)
    if through_gate(row.nickname) != row.nickname:
        detail = _("This looks like a name, an address or a number of somebody. Make one up.")
        raise Invalid(detail, problems=[Problem("/nickname", "personal_data", detail)])
    if row.listing == Recognition.Listing.NICKNAME and not 2 <= len(row.nickname) <= 30:
        detail = _("Give a nickname of 2 to 30 characters.")
        raise Invalid(detail, problems=[Problem("/nickname", "required", detail)])
    row.save(update_fields=["listing", "nickname", "time_zone"])
    if "time_zone" in choices:
        return update_recognition(user_id=user_id)
    return row


@dataclass(frozen=True)
class Place:
    rank: int
    name: str
    points: int
    level: int
    mine: bool


def leaderboard(user_id: UUID) -> list[Place]:
    """The most points of the last 30 days, of those who want to be listed; a person's own row is marked.

    Who left it is not even counted: the ranks are those of the others.
    """
    rows = (
        Recognition.objects.filter(recent_points__gt=0)
        .exclude(listing=Recognition.Listing.HIDDEN)
        .filter(user__in=User.objects.filter(is_active=True).values("pk"))
        .exclude(user__in=consents.people_refusing(consents.Purpose.LEADERBOARD))
        .order_by("-recent_points", "user")[:_BOARD]
    )
    places: list[Place] = []
    for number, row in enumerate(rows, start=1):
        tied = places[-1] if places and places[-1].points == row.recent_points else None
        rank = tied.rank if tied else number
        places.append(Place(rank, name_of(row), row.recent_points, level_of(row.points), row.user == user_id))
    return places


def name_of(row: Recognition) -> str:
    """A nickname that the person chose, or a made-up name that leads nowhere; never the real one."""
    if row.listing == Recognition.Listing.NICKNAME and row.nickname:
        return row.nickname
    digest = hmac.digest(settings.SECRET_KEY.encode(), b"leaderboard" + row.user.bytes, hashlib.sha256)
    return _("Annotator %(number)05d") % {"number": int.from_bytes(digest[:4]) % 100_000}


def recognition_of(user_id: UUID) -> Recognition:
    """The stored figures, or empty ones."""
    return Recognition.objects.filter(user=user_id).first() or Recognition(user=user_id)


def badges_of(user_id: UUID) -> list[Badge]:
    return list(Badge.objects.filter(user=user_id).order_by("earned_at", "id"))
