"""Looks for anomalies in the background and keeps them as rows. It accuses nobody: people decide."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection, transaction
from django.utils import timezone

from annotations.anomalies.collusion import colluding
from annotations.anomalies.constant import always_the_same
from annotations.anomalies.fast import believed_seconds, too_fast
from annotations.anomalies.given import Finding, Given
from annotations.anomalies.pattern import in_rhythm
from annotations.models import AnomalySignal, Answer, ProjectRecord
from annotations.watching_texts import copied_texts
from common.rounds import each
from tasks_app import selectors
from tasks_app.fields.base import Field
from tasks_app.models import Project

Kind, State = AnomalySignal.Kind, AnomalySignal.State
# Habits change: the latest answers tell what somebody does now. And a million would not fit in one look.
_WINDOW = 100_000
_LEAST_NEW, _GROWTH = 50, 0.05
_ROWS = """
SELECT a.worker_id, a.item_id, extract(epoch FROM s.created_at), extract(epoch FROM a.created_at), a.seconds,
       length(i.payload::text), ARRAY[{keys}]::text[]
FROM (SELECT * FROM annotations_answer WHERE project_id = %(project)s AND source = 'crowd'
      ORDER BY created_at DESC LIMIT %(window)s) a
JOIN tasks_app_assignment s ON s.id = a.assignment_id
JOIN tasks_app_item i ON i.id = a.item_id
ORDER BY a.created_at, a.id
"""


@dataclass(frozen=True)
class Window:
    """A project's latest answers as columns; `people` gives the numbers in them their names."""

    people: tuple[UUID, ...]
    by_field: dict[str, Given]
    whole: Given


def watch_due() -> None:
    """Look where enough answers came in since the last look."""
    live = [Project.State.PUBLISHED, Project.State.PAUSED]
    each(_watch_if_due, Project.objects.filter(state__in=live))


def _watch_if_due(project: Project) -> None:
    record = ProjectRecord.objects.filter(project=project).first()
    before = record.watched_answers if record else 0
    count = Answer.objects.filter(project=project).count()
    if count - before >= max(_LEAST_NEW, before * _GROWTH):
        watch(project, count)


@transaction.atomic
def watch(project: Project, count: int = 0) -> None:
    """Look at a project's latest answers now. Two at the same moment: the second has nothing to do."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"watch {project.pk}"])
        if not cursor.fetchone()[0]:
            return
    fields = selectors.current_fields(project)
    window = read_window(project, fields)
    if window is not None:
        _store(project, window, list(_look(project, window, fields)))
    ProjectRecord.objects.update_or_create(
        project=project,
        defaults={"watched_answers": count},
        create_defaults={"watched_answers": count, "computed_at": timezone.now()},
    )


def read_window(project: Project, fields: Sequence[Field]) -> Window | None:
    # Names are what the schema allows (letters, digits, _), yet they go in as parameters.
    keys = ", ".join(f"md5((a.value -> %(f{n})s)::text)" for n in range(len(fields)))
    names: dict[str, Any] = {f"f{n}": field.name for n, field in enumerate(fields)}
    with connection.cursor() as cursor:
        statement = _ROWS.format(keys=keys)
        cursor.execute(statement, {"project": project.pk, "window": _WINDOW, **names})
        rows = cursor.fetchall()
    if not rows:
        return None
    workers, items, started, submitted, client, chars, hashes = zip(*rows, strict=True)
    people = tuple(sorted(set(workers), key=str))
    who = _numbers(workers, people)
    seconds = _believed(who, *(np.array(part, dtype=np.float64) for part in (started, submitted, client)))
    where, length = _numbers(items), np.array(chars, dtype=np.float64)
    columns = [[row[n] or "" for row in hashes] for n in range(len(fields))]
    given = {
        field.name: Given(who, where, _numbers(column), seconds, length)
        for field, column in zip(fields, columns, strict=True)
    }
    whole = Given(who, where, _numbers([tuple(row) for row in hashes]), seconds, length)
    return Window(people, given, whole)


def _numbers(names: Sequence[Any], known: Sequence[Any] | None = None) -> Any:
    number = {name: n for n, name in enumerate(known if known is not None else dict.fromkeys(names))}
    return np.fromiter((number[name] for name in names), dtype=np.int64, count=len(names))


def _believed(who: Any, started: Any, submitted: Any, client: Any) -> Any:
    seconds = np.zeros(len(who))
    for worker in range(int(who.max()) + 1):
        mine = np.flatnonzero(who == worker)
        seconds[mine] = believed_seconds(started[mine], submitted[mine], client[mine])
    return seconds


def _look(project: Project, window: Window, fields: Sequence[Field]) -> Iterable[tuple[str, Finding]]:
    yield from ((Kind.FAST, one) for one in too_fast(window.whole))
    for field in fields:
        if field.type == "text":
            found = copied_texts(project, field, window.people)
            yield from ((Kind.PASTED, _of(field, one)) for one in found)
            continue
        given = window.by_field[field.name]
        yield from ((Kind.CONSTANT, _of(field, one)) for one in always_the_same(given))
        yield from ((Kind.PATTERN, _of(field, one)) for one in in_rhythm(given))
        yield from ((Kind.COLLUSION, _of(field, one)) for one in colluding(given))


def _of(field: Field, found: Finding) -> Finding:
    return Finding(
        found.worker, found.score, found.p_value, {**found.evidence, "field": field.name}, found.partner
    )


def _store(project: Project, window: Window, found: Sequence[tuple[str, Finding]]) -> None:
    """What is seen again is brought up to date; what is not fades; what a person cleared stays cleared until
    there is half as much again to go by."""
    counts = np.bincount(window.whole.workers)
    strongest: dict[tuple[str, UUID, UUID | None], Finding] = {}
    for kind, one in sorted(found, key=lambda pair: pair[1].score):
        partner = None if one.partner is None else window.people[one.partner]
        strongest[kind, window.people[one.worker], partner] = one
    known = {(row.kind, row.worker_id, row.partner_id): row for row in project.anomalies.select_for_update()}
    for key, one in strongest.items():
        kind, worker, partner = key
        row = known.pop(key, None) or AnomalySignal(
            project=project, kind=kind, worker_id=worker, partner_id=partner
        )
        _update(row, one, int(counts[one.worker]))
    gone = [row.pk for row in known.values() if row.state == State.OPEN]
    AnomalySignal.objects.filter(pk__in=gone).update(state=State.FADED, updated_at=timezone.now())


def _update(row: AnomalySignal, one: Finding, answers: int) -> None:
    settled = row.state in {State.CLEARED, State.ACTED}
    if settled and answers < 1.5 * row.answers:
        return
    row.state, row.score, row.p_value = State.OPEN, one.score, one.p_value
    row.evidence, row.answers = json.loads(json.dumps(one.evidence, default=float)), answers
    row.save()


def open_signals(project_id: UUID) -> dict[UUID, list[AnomalySignal]]:
    """Person -> what stands out about them; a pair stands with both."""
    found: dict[UUID, list[AnomalySignal]] = defaultdict(list)
    rows = AnomalySignal.objects.filter(project_id=project_id, state=State.OPEN)
    for row in rows.order_by("kind", "-score"):
        for person in filter(None, (row.worker_id, row.partner_id)):
            found[person].append(row)
    return found
