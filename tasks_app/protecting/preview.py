"""What was found in a project's texts, as people may see it: replacements in context, never originals."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from privacy.models import Finding, MissedValue
from privacy.pii.texts import Texts
from tasks_app import selectors
from tasks_app.fields.payload import turn_speakers
from tasks_app.models import Item, Project

SAMPLES = 3
_AROUND = 60  # characters on either side
# The kinds and detectors of all findings, in one pass over the index of the project.
_BY_KIND = """
SELECT kind, detector, count(*), avg(score), min(score)
FROM privacy_finding WHERE project = %s GROUP BY kind, detector ORDER BY 3 DESC
"""


@dataclass(frozen=True)
class Part:
    text: str
    label: str = ""
    color: int = 1


@dataclass(frozen=True)
class SampleText:
    """A piece of a text with the replacement marked."""

    item: UUID
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class KindFound:
    """`detectors`: (name, how many, average score), most first. `least` is the lowest score of all."""

    kind: str
    count: int
    detectors: tuple[tuple[str, int, float], ...]
    score: float
    least: float
    samples: tuple[SampleText, ...]


def found_by_kind(project_id: UUID) -> list[KindFound]:
    """Most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_KIND, [project_id])
        rows = cursor.fetchall()
    kinds: dict[str, list[Any]] = {}
    for row in rows:
        kinds.setdefault(row[0], []).append(row)
    found = [_kind(project_id, kind, grouped) for kind, grouped in kinds.items()]
    return sorted(found, key=lambda one: (-one.count, one.kind))


def _kind(project_id: UUID, kind: str, rows: Sequence[Any]) -> KindFound:
    count = sum(row[2] for row in rows)
    return KindFound(
        kind=kind,
        count=count,
        detectors=tuple((row[1], row[2], row[3]) for row in rows),
        score=sum(row[2] * row[3] for row in rows) / count,
        least=min(row[4] for row in rows),
        samples=tuple(_samples(project_id, kind)),
    )


def _samples(project_id: UUID, kind: str) -> list[SampleText]:
    rows = list(Finding.objects.filter(project=project_id, kind=kind).order_by("-id")[:SAMPLES])
    items = Item.objects.filter(restricted=False).in_bulk([row.item for row in rows])
    return [
        SampleText(row.item, in_context(items[row.item], row.turn, row.start, row.end, kind))
        for row in rows
        if row.item in items
    ]


def in_context(
    item: Item, turn: int, start: int, end: int, label: str, *, color: int = 1
) -> tuple[Part, ...]:
    """The place with some text around it."""
    texts = Texts.of(item.payload).all
    text = texts[turn] if turn < len(texts) else ""
    first, last = max(0, start - _AROUND), min(len(text), end + _AROUND)
    before = ("…" if first else "") + text[first:start]
    after = text[end:last] + ("…" if last < len(text) else "")
    return tuple(
        part for part in (Part(before), Part(text[start:end], label, color), Part(after)) if part.text
    )


def whole_text(item: Item) -> list[dict[str, Any]]:
    """Every turn of the item with its replacements marked, and its candidates: what a reader reads."""
    texts = Texts.of(item.payload)
    speakers = [*turn_speakers(item.payload), *[None] * len(texts.candidates)]
    places: dict[int, list[Finding]] = {}
    for row in Finding.objects.filter(item=item.pk).order_by("turn", "start"):
        places.setdefault(row.turn, []).append(row)
    return [
        {"speaker": speaker or "", "text": text, "parts": _parts(text, places.get(turn, []))}
        for turn, (speaker, text) in enumerate(zip(speakers, [*texts.turns, *texts.candidates], strict=True))
    ]


def read_texts(item: Item) -> list[dict[str, str]]:
    """The same as JSON has it."""
    return [{"speaker": one["speaker"], "text": one["text"]} for one in whole_text(item)]


def _parts(text: str, places: Sequence[Finding]) -> list[Part]:
    parts, at = [], 0
    for row in places:
        if row.start < at or row.end > len(text):
            continue
        parts += [Part(text[at : row.start]), Part(text[row.start : row.end], row.kind)]
        at = row.end
    return [part for part in [*parts, Part(text[at:])] if part.text]


def missed_for(user: User, *, project: Project | None = None) -> QuerySet[MissedValue]:
    """Reports in the projects that the person reviews, the oldest first."""
    mine = [project.pk] if project else list(selectors.projects_of(user).values_list("pk", flat=True))
    return MissedValue.objects.filter(project__in=mine).order_by("created_at")


def report_view(row: MissedValue, item: Item | None) -> dict[str, Any]:
    """A report with the words around the place, for whoever decides on it."""
    marked = row.turn is not None and row.start is not None and row.end is not None
    shown: Any = None
    if item is not None and row.state == MissedValue.State.OPEN:
        if marked:
            shown = in_context(item, row.turn or 0, row.start or 0, row.end or 0, row.kind or "?", color=3)
        else:
            shown = whole_text(item)
    return {"row": row, "item": item, "marked": marked, "context": shown, "frozen": _frozen(row.fixed)}


def _frozen(fixed: dict[str, int]) -> str:
    """What a confirmed miss could not put right; empty where nothing had been frozen of the item."""
    if not fixed.get("snapshots"):
        return ""
    return _(
        "Frozen data and trained models are not changed by this. Snapshots that hold the text as it was: "
        "%(snapshots)d; model versions that learned from them: %(versions)d. An administrator decides on "
        "them."
    ) % {"snapshots": fixed["snapshots"], "versions": fixed.get("versions", 0)}
