"""What every export format is made of: one row per item, read in pages, as of one moment."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Prefetch, Q

from annotations.models import Answer, Consensus
from annotations.pseudonyms import pseudonym
from tasks_app import selectors
from tasks_app.fields.base import Field
from tasks_app.models import Item, Project

WHICH = ("approved", "all")
_PAGE = 500
_FINAL = Q(state__in=[Consensus.State.APPROVED, Consensus.State.CORRECTED])


@dataclass(frozen=True, slots=True)
class AnswerRow:
    annotator: str
    value: dict[str, Any]
    seconds: float
    state: str


@dataclass(frozen=True, slots=True)
class Row:
    """One item. `approved`: field -> final value; `states` and `answers` are filled in an export of all."""

    id: str
    group: str
    language: str
    split: str
    payload: dict[str, Any]
    approved: dict[str, Any]
    confidence: dict[str, float]
    states: dict[str, str]
    answers: tuple[AnswerRow, ...]


@dataclass(frozen=True)
class Export:
    """A request for an export: which project, as which format's writer will see it."""

    project: Project
    which: str = "approved"

    @property
    def fields(self) -> Sequence[Field]:
        return selectors.current_fields(self.project)

    def rows(self) -> Iterator[Row]:
        """In order of import, a page of items in memory at a time, all from one state of the database."""
        with transaction.atomic():
            _freeze()
            for item in self._items().iterator(chunk_size=_PAGE):
                yield _row(item, everything=self.which == "all")

    def payload_kinds(self) -> list[str]:
        """Which of turns, text, pair and candidates occur."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT bool_or(payload ? 'turns'), bool_or(payload ? 'text'), bool_or(payload ? 'pair'), "
                "bool_or(payload ? 'candidates') FROM tasks_app_item WHERE project_id = %s",
                [self.project.pk],
            )
            found = cursor.fetchone()
        return [
            kind for kind, there in zip(("turns", "text", "pair", "candidates"), found, strict=True) if there
        ]

    def _items(self) -> Any:
        consensus = Consensus.objects.filter(item=OuterRef("pk"))
        items = Item.objects.filter(project=self.project).exclude(state=Item.State.WITHDRAWN)
        if self.which == "approved":
            items = items.filter(Exists(consensus.filter(_FINAL))).exclude(Exists(consensus.exclude(_FINAL)))
        else:
            items = items.filter(Exists(consensus) | Exists(Answer.objects.filter(item=OuterRef("pk"))))
        prefetches: list[Any] = [
            Prefetch("consensus", Consensus.objects.defer("posterior").order_by("field"))
        ]
        if self.which == "all":
            prefetches.append(Prefetch("answers", Answer.objects.order_by("created_at", "id")))
        return items.order_by("position").prefetch_related(*prefetches)


def _freeze() -> None:
    """One snapshot for the whole export; within somebody else's transaction that one's own rules hold."""
    if not connection.savepoint_ids:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def _row(item: Item, *, everything: bool) -> Row:
    consensus = list(item.consensus.all())
    final = [row for row in consensus if row.state in {Consensus.State.APPROVED, Consensus.State.CORRECTED}]
    shown = consensus if everything else final
    return Row(
        id=item.external_id or str(item.pk),
        group=item.group,
        language=item.language,
        split=item.split,
        payload=item.payload,
        approved={row.field: row.value for row in final},
        confidence={row.field: round(row.confidence, 6) for row in shown},
        states={row.field: row.state for row in consensus} if everything else {},
        answers=tuple(
            AnswerRow(
                pseudonym(item.project_id, answer.worker_id), answer.value, answer.seconds, answer.state
            )
            for answer in item.answers.all()
        )
        if everything
        else (),
    )
