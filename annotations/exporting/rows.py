"""What every export format is made of: one row per item, read in pages, as of one moment."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, transaction

from annotations import permission
from annotations.exporting.gate import clean_row
from annotations.models import Consensus
from privacy.pii.learned import Learned
from privacy.services import learning
from tasks_app import selectors
from tasks_app.fields.base import Field
from tasks_app.models import Item, Project
from tasks_app.pseudonyms import pseudonym

WHICH = ("approved", "all")
_PAGE = 500
_FINAL = (Consensus.State.APPROVED.value, Consensus.State.CORRECTED.value)
_KINDS = ("turns", "text", "pair", "candidates")
EVERYBODY = "W"  # what everybody is called where names could tell who somebody is
# A reader who has gone to sleep must not keep the database from tidying up for ever.
_PATIENCE = "10min"

# One statement, read through a cursor: what belongs to an item is put together next to where it lies.
_CONSENSUS = """
SELECT json_agg(json_build_array(v.field, v.value, v.confidence, v.state) ORDER BY v.field)::text AS found,
       bool_and(v.state IN %(final)s) AS final
FROM annotations_consensus v WHERE v.item_id = i.id
"""
_ANSWERS = """
SELECT json_agg(json_build_array(worker_id, value, seconds, state) ORDER BY created_at, id)::text AS found
FROM annotations_answer
WHERE item_id = i.id AND NOT extra AND NOT held AND NOT worker_id = ANY(%(silent)s::uuid[])
"""
_HEAD = """
SELECT i.id, i.external_id, i."group", i.language, i.split, i.payload::text, c.found, {answers},
       i.licence, i.legal_basis, i.consent
FROM tasks_app_item i
CROSS JOIN LATERAL ({consensus}) c
"""
_TAIL = """
WHERE i.project_id = %(project)s AND i.state <> %(withdrawn)s AND i.split = ANY(%(splits)s) AND ({wanted})
  AND {permitted}
ORDER BY i.position
"""
# Somebody in the item has opted out of sale and sharing: it may be learned from here, and not passed on.
OPTED_OUT = """(
EXISTS (SELECT FROM privacy_sharingoptout o WHERE o.item = i.id)
OR EXISTS (SELECT FROM privacy_subjectitem s JOIN privacy_sharingoptout o ON o.subject = s.subject
           WHERE s.item = i.id))
"""
PERMITTED = f"""
i.consent IS DISTINCT FROM false AND NOT i.restricted AND NOT {OPTED_OUT}
AND (%(licence)s <> '' OR i.licence <> '') AND (%(basis)s <> '' OR i.legal_basis <> '')
"""


def _statement(*, everything: bool, silent: bool) -> str:
    """Where nobody's answers are left out, no value has to be asked what it rests on."""
    consensus = _CONSENSUS
    if silent:
        consensus += f"AND NOT ({permission.RESTS_ON_SILENT.format(row='v', silent='%(silent)s')})"
    head = _HEAD.format(answers="a.found" if everything else "NULL", consensus=consensus)
    if not everything:
        return head + _TAIL.format(wanted="c.final", permitted=PERMITTED)
    wanted = "c.found IS NOT NULL OR a.found IS NOT NULL"
    return f"{head}CROSS JOIN LATERAL ({_ANSWERS}) a" + _TAIL.format(wanted=wanted, permitted=PERMITTED)


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
    # What was said of this text alone, as the import reads it; empty where the project's terms hold.
    terms: dict[str, Any] = field(default_factory=dict)


@dataclass
class Progress:
    """How many items have been read so far, and what the gate replaced in them, by kind."""

    items: int = 0
    replaced: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Export:
    """A request for an export: which project, as which format's writer will see it."""

    project: Project
    which: str = "approved"
    progress: Progress = field(default_factory=Progress)
    merged: bool = False  # everybody under one name

    @cached_property
    def fields(self) -> Sequence[Field]:
        return selectors.current_fields(self.project)

    @cached_property
    def _names(self) -> dict[str, str]:
        """Worker -> what they are called here: worked out once, not for each answer."""
        return {}

    @cached_property
    def silent(self) -> list[UUID]:
        """Whose answers are left out: who took consent back, and who opted out of sharing."""
        return sorted(
            {*permission.silent_people(self.project.pk), *permission.opted_out_people(self.project.pk)}
        )

    @cached_property
    def learned(self) -> Learned:
        return learning.learned_by(self.project.pk)

    @contextmanager
    def moment(self) -> Iterator[None]:
        """Everything that is read in the block is from one state of the database."""
        with transaction.atomic():
            _freeze()
            yield

    def rows(self, splits: Sequence[str] = ("", "train", "test")) -> Iterator[Row]:
        """In order of import, a page of items in memory at a time, all as of one moment."""
        everything = self.which == "all"
        with self.moment(), connection.chunked_cursor() as cursor:
            statement = _statement(everything=everything, silent=bool(self.silent))
            cursor.execute(statement, {**self.parameters(), "splits": list(splits)})
            while page := cursor.fetchmany(_PAGE):
                for found in page:
                    row = self._row(found, everything=everything)
                    yield clean_row(
                        row, self.fields, self.project.privacy_policy, self.progress.replaced,
                        self.learned, self.project.privacy_scope,
                    )  # fmt: skip
                self.progress.items += len(page)

    def parameters(self) -> dict[str, Any]:
        return {
            "project": self.project.pk, "final": _FINAL, "withdrawn": Item.State.WITHDRAWN.value,
            "silent": self.silent, "licence": self.project.licence, "basis": self.project.legal_basis,
        }  # fmt: skip

    def payload_kinds(self) -> list[str]:
        """Which of turns, text, pair and candidates occur."""
        asked = ", ".join(f"bool_or(payload ? '{kind}')" for kind in _KINDS)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {asked} FROM tasks_app_item WHERE project_id = %s", [self.project.pk])  # noqa: S608
            found = cursor.fetchone()
        return [kind for kind, there in zip(_KINDS, found, strict=True) if there]

    def _row(self, found: Sequence[Any], *, everything: bool) -> Row:
        item_id, external_id, group, language, split, payload, consensus, answers, *terms = found
        values = orjson.loads(consensus) if consensus else []
        final = [one for one in values if one[3] in _FINAL]
        shown = values if everything else final
        return Row(
            id=external_id or str(item_id),
            group=group,
            language=language,
            split=split,
            payload=orjson.loads(payload),
            approved={name: value for name, value, _sure, _state in final},
            confidence={name: round(sure, 6) for name, _value, sure, _state in shown},
            states={name: state for name, _value, _sure, state in values} if everything else {},
            answers=tuple(map(self._answer, orjson.loads(answers))) if answers else (),
            terms=_terms(*terms),
        )

    def _answer(self, found: Sequence[Any]) -> AnswerRow:
        worker, value, seconds, state = found
        if self.merged:
            return AnswerRow(EVERYBODY, value, seconds, state)
        name = self._names.get(worker)
        if name is None:
            name = self._names[worker] = pseudonym(self.project.pk, UUID(worker))
        return AnswerRow(name, value, seconds, state)


def _terms(licence: str, basis: str, consent: bool | None) -> dict[str, Any]:
    terms: dict[str, Any] = {"licence": licence} if licence else {}
    if consent or basis:
        terms["consent"] = True if consent else {"basis": basis}
    return terms


def _freeze() -> None:
    """One snapshot for the whole export; within somebody else's transaction that one's own rules hold."""
    if not connection.savepoint_ids:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{_PATIENCE}'")
