"""What can be recommended: put in, changed and switched off by whoever runs the project."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from accounts.models import User
from applications.recommendation import tasks
from applications.recommendation.mixing.reading import Line
from applications.recommendation.models import CatalogueItem
from common import audit
from common.errors import Invalid, Problem
from common.queueing import enqueue_soon
from tasks_app.fields.strings import is_storable, nfc
from tasks_app.models import Project

MOST_AT_ONCE = 5000
_CHANGED = ["title", "text", "published_at", "active", "encoder", "vector"]
_SWITCH = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}


@dataclass(slots=True)
class Pushed:
    """What came of each line. `problems`: (line, what is wrong with it); a bad line is left out alone."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: list[tuple[int, str]] = field(default_factory=list)


class BadLine(Exception):
    """Says in a sentence what is wrong."""


def check_number(lines: Sequence[Line]) -> None:
    if not 1 <= len(lines) <= MOST_AT_ONCE:
        detail = _("Send 1 to %d lines at a time.") % MOST_AT_ONCE
        raise Invalid(detail, problems=[Problem("", "length", detail)])


def push_items(*, project: Project, lines: Sequence[Line], actor: User | None) -> Pushed:
    """Add items, or change those with the same id. Sent again, nothing changes. A new text, a new vector.

    One that says no `published_at` is of now when it is new, and stays as old as it is otherwise.
    """
    check_number(lines)
    done = Pushed()
    wanted: dict[str, CatalogueItem] = {}
    undated = set[str]()
    for line in lines:
        try:
            item = _read(project, line)
        except BadLine as bad:
            done.problems.append((line.number, str(bad)))
            continue
        (undated.discard if line.row.get("published_at") else undated.add)(item.external_id)
        wanted[item.external_id] = item  # of two lines of one id the last one counts
    with transaction.atomic():
        _store(project, wanted, undated, done)
        if done.created or done.updated:
            audit.record(
                "recommendation.items_pushed", project, actor=actor.pk if actor else None,
                created=done.created, updated=done.updated,
            )  # fmt: skip
            enqueue_soon(tasks.predict_vectors)
    return done


def _store(
    project: Project, wanted: dict[str, CatalogueItem], undated: Collection[str], done: Pushed
) -> None:  # fmt: skip
    rows = CatalogueItem.objects.select_for_update().defer("vector")
    known = {
        row.external_id: row
        for row in rows.filter(project=project, external_id__in=wanted).order_by("external_id")
    }
    new = [item for name, item in sorted(wanted.items()) if name not in known]
    # Two who push the same new item at once: the second one changes what the first one made.
    CatalogueItem.objects.bulk_create(
        new, update_conflicts=True, unique_fields=["project", "external_id"], update_fields=_CHANGED,
        batch_size=500,
    )  # fmt: skip
    done.created = len(new)
    for name, row in known.items():
        if name in undated:
            wanted[name].published_at = row.published_at
        if changed := _change(row, wanted[name]):
            row.save(update_fields=changed)
            done.updated += 1
    done.unchanged = len(known) - done.updated


def _change(row: CatalogueItem, to: CatalogueItem) -> list[str]:
    told = ("title", "text", "published_at", "active")
    names = [name for name in told if getattr(row, name) != getattr(to, name)]
    for name in names:
        setattr(row, name, getattr(to, name))
    if {"title", "text"} & set(names):
        row.vector, row.encoder = None, ""
        names += ["vector", "encoder"]
    return names


def _read(project: Project, line: Line) -> CatalogueItem:
    if line.problem:
        raise BadLine(line.problem)
    row = line.row
    title = text_in(row, "title", most=300)
    if not title:
        raise BadLine(_("Give a title."))
    return CatalogueItem(
        project=project,
        external_id=id_in(row, "id"),
        title=title,
        text=text_in(row, "text", most=5000),
        published_at=time_in(row, "published_at") or timezone.now(),
        active=_switch(row.get("active", True)),
    )


def id_in(row: dict[str, Any], name: str) -> str:
    raw = row.get(name)
    found = str(raw).strip() if isinstance(raw, str | int) else ""
    if not 1 <= len(found) <= 200 or not is_storable(found):
        raise BadLine(_("“%s” must be 1 to 200 characters.") % name)
    return found


def text_in(row: dict[str, Any], name: str, *, most: int) -> str:
    raw = row.get(name, "")
    if not isinstance(raw, str) or not is_storable(raw) or len(raw) > most:
        raise BadLine(
            _("“%(name)s” must be a text of at most %(most)d characters.") % {"name": name, "most": most}
        )
    return nfc(raw).strip()


def time_in(row: dict[str, Any], name: str) -> datetime | None:
    """ISO 8601; without a time zone it is UTC. None where nothing is said."""
    raw = row.get(name)
    if raw in (None, ""):
        return None
    try:
        found = parse_datetime(str(raw))
        day = None if found else parse_date(str(raw))
    except ValueError:
        found = day = None
    if day is not None:
        found = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the zone comes below
    if found is None or not 1990 <= found.year <= 2100:
        raise BadLine(_("“%s” must be a date or a time such as 2026-05-01T09:30:00Z.") % name)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _switch(raw: object) -> bool:
    found = raw if isinstance(raw, bool) else _SWITCH.get(str(raw).lower())
    if found is None:
        raise BadLine(_("“active” must be true or false."))
    return found
