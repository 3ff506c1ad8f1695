"""Who gets which item next. Every rule is decided inside the statement of `claim_sql`."""

import json
import random
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from accounts.models import User
from common.errors import Conflict, DomainError, Forbidden
from common.ids import uuid7
from common.prepared import Prepared
from tasks_app.models import Assignment, Project, WorkerProgress
from tasks_app.qualified import lacking_qualifications
from tasks_app.reading import lanes_of
from tasks_app.services.claim_sql import TAKE_TURN, WAIT_ALONE, claim_sql, turn_of

MAX_LIVE = 5
_random = random.SystemRandom()
_Row = tuple[str, int, UUID | None, UUID, Any, datetime, UUID]


@dataclass(frozen=True, slots=True)
class Lease:
    assignment_id: UUID
    item_id: UUID
    payload: dict[str, Any]
    lease_expires_at: datetime
    schema_version_id: UUID


def lease_of(row: Assignment) -> Lease:
    return Lease(row.pk, row.item_id, row.item.payload, row.lease_expires_at, row.schema_version_id)


def claim_items(
    *, project: Project, worker: User, count: int = 1, claim_key: str = "", ahead: bool = False
) -> list[Lease]:
    """Lease up to `count` items (at most 5 live ones a person and project). Empty when none is left.

    `ahead`: for a workbench that must go on without a network, up to LIVE_LEASES live ones instead.
    The same `claim_key` again returns the leases that it made the first time. Forbidden or Conflict say
    by their code what stands in the way: paused, finished, banned, not_qualified, other_languages,
    limit_reached, group_limit_reached.
    """
    lanes = lanes_of(worker)
    max_live = max(MAX_LIVE, settings.LIVE_LEASES) if ahead else MAX_LIVE
    # Ids in no order: among items claimed together their ids must not tell which of them is gold.
    ids = [uuid7() for _slot in range(count)]
    _random.shuffle(ids)
    parameters = {
        "project": project.pk,
        "worker": worker.pk,
        "count": count,
        "gold": sum(_random.random() < project.gold_share for _slot in range(count)),
        "ids": ids,
        "claim_key": claim_key,
        "max_live": max_live,
        "lanes": lanes,
        "start": _random.random(),
        "turn": turn_of(project.pk, worker.pk),
    }
    variant = {
        "shuffled": project.sampling == Project.Sampling.RANDOM,
        "lanes": lanes is not None,
        "groups": project.max_per_group is not None,
    }
    statement = claim_sql(**variant)
    rows = _run(statement, parameters)
    if not rows:
        # The row of cursors is made by a person's first claim.
        WorkerProgress.objects.bulk_create(
            [WorkerProgress(project=project, worker=worker)], ignore_conflicts=True
        )
        rows = _run(statement, parameters)
    if _found_nothing(rows):
        parameters |= {"count": 1, "gold": 0, "queue": f"wait {project.pk}"}
        rows = _run(claim_sql(**variant, waits=True), parameters, WAIT_ALONE)
    return _leases(project, worker, claim_key, rows, max_live)


def _run(statement: Prepared, parameters: dict[str, Any], *locks: Prepared) -> list[_Row]:
    """Lock and claim go out as one message, which is one transaction of its own where none is open."""
    return cast(list[_Row], statement.rows_after(TAKE_TURN, *locks, **parameters))


def _found_nothing(rows: list[_Row]) -> bool:
    """Though nothing forbids it: what is left may have been in the hands of others at this moment."""
    code, room, assignment_id = rows[0][:3]
    return not code and room > 0 and assignment_id is None


def _leases(project: Project, worker: User, claim_key: str, rows: list[_Row], max_live: int) -> list[Lease]:
    code = rows[0][0]
    if code == "again":
        return _claimed_before(project, worker, claim_key)
    if code:
        raise refusal(code, project, worker)
    leases = [
        Lease(pk, item, payload if isinstance(payload, dict) else json.loads(payload), expires, schema_id)
        for _code, _room, pk, item, payload, expires, schema_id in rows
        if pk is not None
    ]
    if not leases and (why := _why_none(project, worker, max_live)):
        raise refusal(why, project, worker)
    return leases


def _claimed_before(project: Project, worker: User, claim_key: str) -> list[Lease]:
    rows = Assignment.objects.filter(
        worker=worker, project=project, state=Assignment.State.LEASED, claim_key=claim_key
    )
    return [lease_of(row) for row in rows.select_related("item").order_by("id")]


def refusal(code: str, project: Project, worker: User) -> DomainError:
    """What `code` means, in words that say what to do."""
    if code == "not_qualified":
        lacking = lacking_qualifications(project, worker)
        titles = ", ".join(one.title for one in lacking)
        return Forbidden(
            _("You need a qualification for this project: %(titles)s.") % {"titles": titles},
            code=code,
            qualifications=[{"id": str(one.pk), "title": one.title, "url": one.url} for one in lacking],
        )
    words: dict[str, tuple[type[DomainError], str]] = {
        "paused": (Conflict, _("This project is paused. Your submitted work stays counted.")),
        "finished": (Conflict, _("This project is finished. Thank you for your work.")),
        "draft": (Conflict, _("This project is not published.")),
        "banned": (
            Forbidden,
            _("You cannot take more items of this project. Accepted work stays paid."),
        ),
        "account_held": (
            Forbidden,
            _("Your data is restricted, or your account is closed; no new items are given out."),
        ),
        "must_retrain": (
            Forbidden,
            _("Read the instructions again before you go on; “My work” leads you there."),
        ),
        "other_languages": (
            Forbidden,
            _("What is left here is in languages that you have not named in your settings."),
        ),
        "limit_reached": (
            Conflict,
            _("You have done as many items here as one person may. Thank you for your work."),
        ),
        "group_limit_reached": (
            Conflict,
            _("You have done as many items as one person may of each conversation that is left."),
        ),
    }
    kind, text = words[code]
    return kind(text, code=code)


_LEFT = """
SELECT %(lanes)s::text[] IS NULL OR split_part(i.language, '-', 1) = ANY(%(lanes)s::text[] || ''::text)
FROM tasks_app_item i
WHERE i.project_id = %(project)s AND i.free AND NOT i.restricted AND i.gold IS NULL
  AND NOT EXISTS (SELECT 1 FROM tasks_app_assignment a WHERE a.item_id = i.id AND a.worker_id = %(worker)s)
  AND (SELECT count(*) FROM tasks_app_assignment l WHERE l.worker_id = %(worker)s
       AND l.project_id = %(project)s AND l.state = 'leased') < %(max_live)s
ORDER BY 1 DESC LIMIT 1
"""


def _why_none(project: Project, worker: User, max_live: int) -> str:
    """Whether it was a rule that left nothing, asked only where there is one; else nothing is left."""
    lanes = lanes_of(worker)
    if lanes is None and project.max_per_group is None:
        return ""
    with connection.cursor() as cursor:
        cursor.execute(
            _LEFT, {"project": project.pk, "worker": worker.pk, "lanes": lanes, "max_live": max_live}
        )
        row = cursor.fetchone()
    if row is None:
        return ""
    if not row[0]:
        return "other_languages"
    return "group_limit_reached" if project.max_per_group is not None else ""
