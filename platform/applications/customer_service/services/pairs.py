"""Question-answer pairs: out of approved answers, out of files, by hand; written, changed, switched off."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from annotations.models import Consensus
from applications.customer_service.lexical import language_of, words_of
from applications.customer_service.models import Knowledge, Pair, Unknown
from applications.customer_service.qa_spans import pairs_of
from applications.embedding import embed
from common import audit
from common.errors import Invalid, Problem
from common.gate import through_gate
from tasks_app.fields.schema import parse_fields
from tasks_app.models import Item, Project
from training.freezing import decided

MOST_AT_ONCE = 10_000
LONGEST = 5_000  # characters of a question or an answer
_BATCH = 128
_OVERLAP = timedelta(minutes=5)  # a decision may be committed a while after it was made
Source = Pair.Source


@dataclass(frozen=True, slots=True)
class Draft:
    question: str
    answer: str
    language: str = ""


def add_pairs(
    *, project: Project, drafts: Sequence[Draft], source: str, actor: User | None = None,
    item: Item | None = None,
) -> list[Pair]:  # fmt: skip
    """Those that are new; what is there already, in whatever state, stays as it is.

    They answer by their words at once, and by their meaning when a worker has made their vectors. Raises
    Invalid for an empty or too long text, with a pointer such as "/pairs/3/answer".
    """
    _check(drafts)
    rows = {row.digest: row for row in (_row(project, draft, source, actor, item) for draft in drafts)}
    there = set(Pair.objects.filter(project=project, digest__in=list(rows)).values_list("digest", flat=True))
    with transaction.atomic():
        Pair.objects.bulk_create(
            [row for digest, row in rows.items() if digest not in there], ignore_conflicts=True
        )
        if actor is not None and len(there) < len(rows):
            audit.record("answers.added", project, actor=actor.pk, count=len(rows) - len(there))
    return list(Pair.objects.filter(pk__in=[row.pk for row in rows.values()]))


def _row(project: Project, draft: Draft, source: str, actor: User | None, item: Item | None) -> Pair:
    question, answer = through_gate(draft.question.strip()), through_gate(draft.answer.strip())
    language = draft.language or language_of(question)
    told = "\n".join((str(project.pk), language, question.casefold(), answer.casefold()))
    return Pair(
        project=project, item=item, question=question, answer=answer, language=language, source=source,
        digest=hashlib.sha256(told.encode()).hexdigest(), words=_words(question, answer), created_by=actor,
    )  # fmt: skip


def _words(question: str, answer: str) -> list[str]:
    return words_of(f"{question}\n{answer}")


def _check(drafts: Sequence[Draft]) -> None:
    problems = [
        Problem(f"/pairs/{number}/{name}", "length", _("Give 1 to %d characters.") % LONGEST)
        for number, draft in enumerate(drafts)
        for name, text in (("question", draft.question), ("answer", draft.answer))
        if not 1 <= len(text.strip()) <= LONGEST
    ]
    if not 1 <= len(drafts) <= MOST_AT_ONCE:
        detail = _("Send 1 to %d pairs at a time.") % MOST_AT_ONCE
        problems = [Problem("/pairs", "length", detail)]
    if problems:
        raise Invalid(_("Some of the pairs cannot be taken."), problems=problems[:20])


@transaction.atomic
def change_pair(
    *, pair: Pair, actor: User, question: str | None = None, answer: str | None = None,
    is_on: bool | None = None,
) -> Pair:  # fmt: skip
    """Edit a pair, or switch it off and on. Its digest stays: what it came from does not bring it back."""
    row = Pair.objects.select_for_update().get(pk=pair.pk)
    new = Draft(row.question if question is None else question, row.answer if answer is None else answer)
    _check([new])
    if (new.question, new.answer) != (row.question, row.answer):
        row.question, row.answer = through_gate(new.question.strip()), through_gate(new.answer.strip())
        row.words, row.edited = _words(row.question, row.answer), True
        row.vector, row.dimensions, row.encoder = None, None, ""
    row.is_on = row.is_on if is_on is None else is_on
    row.save()
    audit.record("answers.changed", row, actor=actor.pk, is_on=row.is_on)
    return row


# -- out of approved answers -------------------------------------------------------------------------------


def join_approved(project: Project) -> int:
    """Take in what was approved since the last time; how many pairs are new. Run again, nothing is twice."""
    knowledge, _new = Knowledge.objects.get_or_create(project=project)
    began, made = timezone.now(), 0
    for item, drafts, source in _approved(project, knowledge.seen_until):
        pairs = add_pairs(project=project, drafts=drafts, source=source, item=item) if drafts else []
        made += len(pairs)
        if pairs:
            _settle(item, pairs[0])
    Knowledge.objects.filter(pk=project.pk).update(seen_until=began)
    return made


def _settle(item: Item, pair: Pair) -> None:
    """The question that this item was made of has its answer."""
    prefix, _dash, number = item.external_id.partition("-")
    asked = _uuid(number) if prefix == "unknown" else None
    if asked is not None:
        Unknown.objects.filter(project=item.project_id, pk=asked).update(
            state=Unknown.State.ANSWERED, pair=pair
        )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _approved(project: Project, since: datetime | None) -> Iterator[tuple[Item, list[Draft], str]]:
    version = project.schema_versions.order_by("-number").first()
    kinds = {field.name: field.type for field in parse_fields(version.fields)} if version else {}
    wanted = [name for name, kind in kinds.items() if kind in ("span", "text")]
    rows = decided(project, wanted).select_related("item")
    if since is not None:
        rows = rows.filter(updated_at__gte=since - _OVERLAP)
    for row in rows.iterator(chunk_size=500):
        source = Source.SPANS if kinds[row.field] == "span" else Source.TEXT
        yield row.item, list(_drafts(row, source)), source


def _drafts(row: Consensus, source: str) -> Iterable[Draft]:
    payload: dict[str, Any] = row.item.payload
    turns = payload.get("turns") or [{"speaker": "customer", "text": payload.get("text", "")}]
    if source == Source.SPANS:
        found = pairs_of(turns, row.value or [])
    else:
        asked = [turn["text"] for turn in turns if turn.get("speaker") == "customer"] or [turns[-1]["text"]]
        found = [(asked[-1], str(row.value))]
    return [Draft(question, answer, row.item.language) for question, answer in found if question and answer]


# -- vectors -----------------------------------------------------------------------------------------------


def embed_waiting(project: Project, most: int = 100_000) -> int:
    """Make the vectors that are missing or of another encoder than the site's; how many were made."""
    made = 0
    waiting = Pair.objects.filter(project=project).exclude(encoder=settings.BASE_MODEL).order_by("pk")
    while made < most and (batch := list(waiting[:_BATCH])):
        vectors = embed([pair.question for pair in batch])
        for pair, vector in zip(batch, vectors, strict=True):
            # Whoever edited it meanwhile wants a vector of the new words: then this one is nobody's.
            Pair.objects.filter(pk=pair.pk, question=pair.question).update(
                vector=vector.tolist(), dimensions=len(vector), encoder=settings.BASE_MODEL
            )
        made += len(batch)
    return made


def waiting_of(project: Project) -> int:
    """How many pairs have no vector of the site's encoder yet."""
    return Pair.objects.filter(project=project).exclude(encoder=settings.BASE_MODEL).count()
