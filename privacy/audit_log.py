"""Reading the audit log: filtered, newest first, by cursor; and as JSON lines that anybody can verify."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from common.models import AuditEvent, AuditLink, AuditNote

PAGE = 50
_CHUNK = 2_000


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is looked for. action: a name, or the beginning of names when it ends with a dot."""

    actor: UUID | None = None
    action: str = ""
    target: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Line:
    """An event with its place in the chain (None: not sealed yet) and what was typed with it."""

    event: AuditEvent
    link: AuditLink | None
    note: str
    who: str


def events(wanted: Wanted) -> QuerySet[AuditEvent]:
    rows = AuditEvent.objects.order_by("-id")
    if wanted.actor is not None:
        rows = rows.filter(actor=wanted.actor)
    if wanted.action.endswith("."):
        rows = rows.filter(action__startswith=wanted.action)
    elif wanted.action:
        rows = rows.filter(action=wanted.action)
    if wanted.target:
        kind, _colon, target = wanted.target.rpartition(":")
        rows = rows.filter(target=target, **({"target_type": kind} if kind else {}))
    if wanted.since is not None:
        rows = rows.filter(at__gte=wanted.since)
    return rows.filter(at__lt=wanted.until) if wanted.until is not None else rows


def page_before(wanted: Wanted, cursor: int | None) -> tuple[list[Line], int | None]:
    """One page from the cursor (an event's id) on, and the cursor of the next; no page costs more than
    another, however long the log is."""
    rows = events(wanted)
    found = list((rows.filter(id__lt=cursor) if cursor else rows)[: PAGE + 1])
    return lines(found[:PAGE]), found[PAGE - 1].pk if len(found) > PAGE else None


def lines(found: Sequence[AuditEvent]) -> list[Line]:
    ids = [event.pk for event in found]
    links = {link.event: link for link in AuditLink.objects.filter(event__in=ids)}
    notes = dict(AuditNote.objects.filter(event__in=ids).values_list("event", "text"))
    people = User.objects.in_bulk({event.actor for event in found if event.actor})
    return [
        Line(
            event,
            links.get(event.pk),
            notes.get(event.pk, ""),
            str(people[event.actor]) if event.actor in people else "",
        )
        for event in found
    ]


def line_json(line: Line) -> dict[str, Any]:
    """Without names and notes, which are no part of what is hashed and may be erased."""
    event, link = line.event, line.link
    return {
        "id": event.pk,
        "at": f"{event.at:%Y-%m-%dT%H:%M:%S.%f}Z",
        "actor": str(event.actor) if event.actor else None,
        "action": event.action,
        "target_type": event.target_type,
        "target": event.target,
        "data": event.data,
        "position": link.position if link else None,
        "previous": bytes(link.previous).hex() if link else None,
        "hash": bytes(link.hash).hex() if link else None,
    }


def json_lines(wanted: Wanted) -> Iterator[str]:
    """Everything that was wanted, oldest first, in portions."""
    after = 0
    while True:
        found = list(events(wanted).order_by("id").filter(id__gt=after)[:_CHUNK])
        for line in lines(found):
            yield json.dumps(line_json(line), ensure_ascii=False) + "\n"
        if len(found) < _CHUNK:
            return
        after = found[-1].pk
