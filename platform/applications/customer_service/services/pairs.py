"""Question-answer pairs: out of files and by hand; written, changed, switched off."""

import hashlib
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from applications.customer_service.drafting import LONGEST, Draft
from applications.customer_service.lexical import language_of, words_of
from applications.customer_service.models import Knowledge, Pair
from common import audit
from common.errors import Invalid, Problem
from common.gate import through_gate
from tasks_app.models import Item, Project

MOST_AT_ONCE = 10_000
Source = Pair.Source


def add_pairs(
    *, project: Project, drafts: Sequence[Draft], source: str, actor: User | None = None
) -> list[Pair]:
    """Those that are new. What is there already stays as it is, but for one whose approval is gone: whoever
    sends it again approves it.

    They answer by their words at once, and by their meaning when a worker has made their vectors. Raises
    Invalid for an empty or too long text, with a pointer such as "/pairs/3/answer".
    """
    _check(drafts)
    rows = {row.digest: row for row in (new_pair(project, draft, source, actor) for draft in drafts)}
    with transaction.atomic():
        there = Pair.objects.filter(project=project, digest__in=list(rows))
        known = set(there.values_list("digest", flat=True))
        again = there.filter(stands=False).update(stands=True, source=source)
        Pair.objects.bulk_create(
            [row for digest, row in rows.items() if digest not in known], ignore_conflicts=True
        )
        if actor is not None and (len(known) < len(rows) or again):
            audit.record("answers.added", project, actor=actor.pk, count=len(rows) - len(known) + again)
    return list(Pair.objects.filter(pk__in=[row.pk for row in rows.values()]))


def new_pair(
    project: Project, draft: Draft, source: str, actor: User | None = None, item: Item | None = None
) -> Pair:
    """Not stored yet."""
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
    """Edit a pair, or switch it off and on. Its digest stays: what it came from does not bring it back.

    Whoever switches on a pair whose approval is gone approves it: it stands by itself from now on.
    """
    row = Pair.objects.select_for_update().get(pk=pair.pk)
    new = Draft(row.question if question is None else question, row.answer if answer is None else answer)
    _check([new])
    if (new.question, new.answer) != (row.question, row.answer):
        row.question, row.answer = through_gate(new.question.strip()), through_gate(new.answer.strip())
        row.words, row.edited = _words(row.question, row.answer), True
        row.vector, row.dimensions, row.encoder = None, None, ""
    row.is_on = row.is_on if is_on is None else is_on
    if is_on and not row.stands:
        row.stands, row.source = True, Source.HAND
    row.save()
    Knowledge.objects.filter(pk=row.project_id).update(is_stale=True)
    audit.record("answers.changed", row, actor=actor.pk, is_on=row.is_on)
    return row
