"""Read the chain from end to end and say what does not hold: rows changed, removed, put in, moved."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection

from common.audit_chain import COLUMNS, GENESIS, Row, canonical
from common.audit_heads import Head, is_genuine

MOST_NAMED = 100
_EVERY = 5_000
_LINKS = f"""
SELECT l.position, l.event, l.previous, l.hash, {COLUMNS}
FROM common_auditlink l LEFT JOIN common_auditevent e ON e.id = l.event
WHERE l.position > %s ORDER BY l.position LIMIT %s
"""  # noqa: S608 - constants
_OUTSIDE = """
SELECT e.id FROM common_auditevent e
WHERE NOT EXISTS (SELECT 1 FROM common_auditlink l WHERE l.event = e.id)
  AND NOT EXISTS (SELECT 1 FROM common_auditpending p WHERE p.event = e.id)
ORDER BY e.id LIMIT %s
"""
_GUARDS = {"audit_append_only": "common_auditevent", "audit_to_pending": "common_auditevent",
           "audit_link_append_only": "common_auditlink"}  # fmt: skip


@dataclass
class Report:
    """problems: kind -> ids of events (`removed`, `changed`, `reordered`, `inserted`), positions of links
    (`link_changed`, `link_missing`, `head`) or names of triggers (`guard_off`), MOST_NAMED of each."""

    since: int
    checked: int = 0
    position: int = 0
    head: bytes = GENESIS
    unsealed: int = 0
    problems: dict[str, list[int | str]] = field(default_factory=dict)

    @property
    def is_intact(self) -> bool:
        return not self.problems

    def add(self, kind: str, what: int | str) -> None:
        named = self.problems.setdefault(kind, [])
        if len(named) < MOST_NAMED:
            named.append(what)


class _Misfit(NamedTuple):
    event: int
    previous: bytes
    hash: bytes
    canonical: bytes


def verify(
    *, since: int = 0, heads: tuple[Head, ...] = (), tell: Callable[[int], None] = lambda checked: None
) -> Report:
    """Check every link after position `since`, every event, the triggers, and that `heads` still stand.

    `tell` hears how many links were checked, every few thousand.
    """
    report = Report(since=since)
    with connection.cursor() as cursor:
        cursor.execute("SELECT position, hash FROM common_auditlink WHERE position = %s", [since])
        found = cursor.fetchone()
        report.position, report.head = (since, bytes(found[1])) if found else (0, GENESIS)
        if since and not found:
            report.add("link_missing", since)
        _check_heads(report, heads)
        misfits = list(_check_links(report, tell))
        _name(report, misfits)
        cursor.execute(_OUTSIDE, [MOST_NAMED])
        for (event,) in cursor.fetchall():
            report.add("inserted", event)
        cursor.execute("SELECT count(*) FROM common_auditpending")
        report.unsealed = cursor.fetchone()[0]
        _check_guards(report)
    return report


def _check_links(report: Report, tell: Callable[[int], None]) -> Iterator[_Misfit]:
    """Goes on after a break with what stands there, so that not all that follows is named as well."""
    for position, event, previous, digest, *columns in _rows(report.since):
        if position != report.position + 1:
            report.add("link_missing", report.position + 1)
        elif bytes(previous) != report.head:
            report.add("link_changed", position)
        report.position, report.head, report.checked = position, bytes(digest), report.checked + 1
        if columns[0] is None:
            report.add("removed", event)
        else:
            content = canonical(Row(*columns))
            if hashlib.sha256(bytes(previous) + content).digest() != report.head:
                yield _Misfit(event, bytes(previous), report.head, content)
        if report.checked % _EVERY == 0:
            tell(report.checked)


def _rows(since: int) -> Iterator[tuple[Any, ...]]:
    """In portions: a million rows are never in memory, and no transaction stays open over them."""
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_LINKS, [since, _EVERY])
            rows = cursor.fetchall()
            yield from rows
            if len(rows) < _EVERY:
                return
            since = rows[-1][0]


def _name(report: Report, misfits: list[_Misfit]) -> None:
    """An event that fits the place of another one was moved; one that fits none was changed."""
    places = [(one.previous, one.hash) for one in misfits[:1_000]]
    for one in misfits:
        moved = any(hashlib.sha256(before + one.canonical).digest() == after for before, after in places)
        report.add("reordered" if moved else "changed", one.event)


def _check_heads(report: Report, heads: tuple[Head, ...]) -> None:
    with connection.cursor() as cursor:
        for head in heads:
            if head.signature and not is_genuine(head):
                report.add("signature", head.position)
                continue
            if head.position == 0 and head.hash == GENESIS.hex():
                continue
            wanted = bytes.fromhex(head.hash)
            cursor.execute("SELECT position FROM common_auditlink WHERE hash = %s", [wanted])
            found = cursor.fetchone()
            if found is None or head.position not in (0, found[0]):
                report.add("head", head.position or head.hash)


def _check_guards(report: Report) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgname = ANY(%s) AND tgenabled = 'O'", [list(_GUARDS)]
        )
        on = {name for (name,) in cursor.fetchall()}
    for name in sorted(set(_GUARDS) - on):
        report.add("guard_off", name)
