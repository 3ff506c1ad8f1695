"""Questions that nothing approved answers: gathered by meaning, made tasks, answered."""

import json
from collections.abc import Sequence
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import User
from applications.customer_service.lexical import language_of
from applications.customer_service.models import Pair, Unknown
from applications.customer_service.services.pairs import Draft, add_pairs
from common import audit
from common.errors import Conflict, Invalid, Problem
from common.gate import through_gate
from tasks_app.models import Project
from tasks_app.services.imports import start_import
from training.engine.arrays import Floats

MOST_AT_ONCE = 200
MOST_COMPARED = 2_000  # of the newest open questions
# Least cosine of two ways of asking one thing. Set with care, not measured: what is wrongly taken for
# the same is lost, what is wrongly kept apart is one more row.
SAME = 0.9
State = Unknown.State


@transaction.atomic
def note_unknown(*, project: Project, text: str, vector: Floats) -> Unknown:
    """The open question that means this, one asking more; or a new one.

    Two customers at once: the second waits and finds the first one's row.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"unknown {project.pk}"])
    language = language_of(text)
    open_ = Unknown.objects.filter(project=project, language=language, encoder=settings.BASE_MODEL)
    rows = list(open_.exclude(state=State.ANSWERED).order_by("-pk")[:MOST_COMPARED])
    if rows:
        likeness = np.array([row.vector for row in rows]) @ vector
        best = int(likeness.argmax())
        if likeness[best] >= SAME:
            Unknown.objects.filter(pk=rows[best].pk).update(asked=F("asked") + 1)
            rows[best].refresh_from_db()
            return rows[best]
    return Unknown.objects.create(
        project=project, text=through_gate(text), language=language, vector=vector.tolist(),
        encoder=settings.BASE_MODEL,
    )  # fmt: skip


@transaction.atomic
def make_tasks(*, project: Project, unknown_ids: Sequence[UUID], actor: User) -> list[Unknown]:
    """Each new question becomes an item of the project, through its import and so through the privacy gate.

    Those that are tasks or answered already stay as they are. Raises Conflict where the project takes no
    more items, Invalid for too many at once.
    """
    if not 1 <= len(unknown_ids) <= MOST_AT_ONCE:
        detail = _("Choose 1 to %d questions at a time.") % MOST_AT_ONCE
        raise Invalid(detail, problems=[Problem("/questions", "length", detail)])
    found = Unknown.objects.select_for_update().filter(project=project, pk__in=unknown_ids)
    if rows := list(found.filter(state=State.NEW).order_by("pk")):
        body = "\n".join(json.dumps(_item(row), ensure_ascii=False) for row in rows).encode()
        start_import(project=project, actor=actor, chunks=[body], format="jsonl")
        Unknown.objects.filter(pk__in=[row.pk for row in rows]).update(state=State.TASK)
        audit.record("answers.tasks_made", project, actor=actor.pk, count=len(rows))
    return list(Unknown.objects.filter(project=project, pk__in=unknown_ids).order_by("pk"))


def _item(row: Unknown) -> dict[str, object]:
    return {
        "id": row.external_id, "group": row.external_id, "split": "train", "language": row.language,
        "turns": [{"speaker": "customer", "text": row.text}],
    }  # fmt: skip


@transaction.atomic
def answer_unknown(*, unknown: Unknown, answer: str, actor: User) -> Pair:
    """Write the answer oneself; the pair joins the index. Raises Conflict where it has an answer."""
    row = Unknown.objects.select_for_update().get(pk=unknown.pk)
    if row.state == State.ANSWERED:
        raise Conflict(_("This question has been answered already."))
    draft = Draft(row.text, answer, row.language)
    pairs = add_pairs(project=row.project, drafts=[draft], source=Pair.Source.UNKNOWN, actor=actor)
    if not pairs:
        raise Conflict(_("This question has been answered already."))
    row.state, row.pair = State.ANSWERED, pairs[0]
    row.save(update_fields=["state", "pair"])
    return pairs[0]
