"""Questions that nothing approved answers: gathered by meaning, made tasks, answered."""

import json
from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, TextField, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _
from pgvector import HalfVector
from pgvector.django import CosineDistance

from accounts.models import User
from applications.customer_service.drafting import LONGEST, Draft
from applications.customer_service.lexical import language_of
from applications.customer_service.models import UNKNOWN, Exchange, Pair, Unknown
from applications.customer_service.services.pairs import add_pairs, change_pair, new_pair
from common import audit
from common.errors import Conflict, Invalid, Problem
from common.gate import through_gate
from tasks_app.models import ImportJob, Item, Project
from tasks_app.services.imports import start_import
from training.engine.arrays import Floats

MOST_AT_ONCE = 200
# Least cosine of two ways of asking one thing. Set with care, not measured: what is wrongly taken for
# the same is lost, what is wrongly kept apart is one more row.
SAME = 0.9
State = Unknown.State
OPEN = (State.NEW, State.MAKING, State.TASK)


@transaction.atomic
def note_unknown(*, project: Project, text: str, vector: Floats) -> Unknown:
    """The open question that means this, one asking more; or a new one.

    Two customers at once: the second waits and finds the first one's row.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"unknown {project.pk}"])
    language = language_of(text)
    rows = Unknown.objects.filter(
        project=project, state__in=OPEN, language=language, encoder=settings.BASE_MODEL, restricted=False
    )
    far = CosineDistance("vector", HalfVector(vector.tolist()))
    near = rows.annotate(far=far).order_by("far", "pk").defer("vector").first()
    if near is not None and 1 - near.far >= SAME:
        Unknown.objects.filter(pk=near.pk).update(asked=F("asked") + 1)
        near.refresh_from_db(fields=["asked"])
        return near
    return Unknown.objects.create(
        project=project, text=through_gate(text)[:LONGEST], language=language, vector=vector.tolist(),
        encoder=settings.BASE_MODEL,
    )  # fmt: skip


@transaction.atomic
def make_tasks(*, project: Project, unknown_ids: Sequence[UUID], actor: User) -> list[Unknown]:
    """Each new question becomes an item of the project, through its import and so through the privacy gate;
    `follow_tasks` says later what became of it.

    Those that are tasks or answered already stay as they are. Raises Conflict where the project takes no
    more items, Invalid for too many at once.
    """
    if not 1 <= len(unknown_ids) <= MOST_AT_ONCE:
        detail = _("Choose 1 to %d questions at a time.") % MOST_AT_ONCE
        raise Invalid(detail, problems=[Problem("/questions", "length", detail)])
    found = Unknown.objects.select_for_update().filter(project=project, pk__in=unknown_ids, restricted=False)
    if rows := list(found.filter(state=State.NEW).order_by("pk")):
        body = "\n".join(json.dumps(_item(row), ensure_ascii=False) for row in rows).encode()
        job = start_import(
            project=project, actor=actor, chunks=[body], format="jsonl", options={"subjects": _subjects(rows)}
        )
        Unknown.objects.filter(pk__in=[row.pk for row in rows]).update(
            state=State.MAKING, job=job, problem=Unknown.Problem.NONE
        )
        audit.record("answers.tasks_made", project, actor=actor.pk, count=len(rows))
    asked = Unknown.objects.filter(project=project, pk__in=unknown_ids, restricted=False)
    return list(asked.order_by("pk"))


def _subjects(rows: Sequence[Unknown]) -> dict[str, str]:
    """Whose words each is in: of the customer who asked it first, where a program named one."""
    firsts = Exchange.objects.filter(unknown__in=rows).order_by("unknown", "pk").distinct("unknown")
    whose = dict(firsts.values_list("unknown", "conversation__subject"))
    return {row.external_id: str(whose[row.pk]) for row in rows if whose.get(row.pk)}


def _item(row: Unknown) -> dict[str, object]:
    return {
        "id": row.external_id, "group": row.external_id, "split": "train", "language": row.language,
        "turns": [{"speaker": "customer", "text": row.text}],
    }  # fmt: skip


def follow_tasks(project: Project) -> None:
    """A question is a task once its item is there, and new again when that cannot come or has gone."""
    name = Concat(Value(UNKNOWN), Cast(OuterRef("pk"), TextField()))
    items = Item.objects.filter(project=project, external_id=name).exclude(state=Item.State.WITHDRAWN)
    rows = Unknown.objects.filter(project=project)
    making, tasks = rows.filter(state=State.MAKING), rows.filter(state=State.TASK)
    making.filter(Exists(items)).update(state=State.TASK)
    failed = making.filter(Q(job=None) | Q(job__state=ImportJob.State.FAILED))
    failed.update(state=State.NEW, problem=Unknown.Problem.FAILED)
    # The items of a job are committed before its end, so that none of them can come any more.
    refused = making.filter(~Exists(items), job__state=ImportJob.State.SUCCEEDED)
    refused.update(state=State.NEW, problem=Unknown.Problem.REFUSED)
    tasks.filter(~Exists(items)).update(state=State.NEW, problem=Unknown.Problem.GONE)


@transaction.atomic
def answer_unknown(*, unknown: Unknown, answer: str, actor: User) -> Pair:
    """Write the answer oneself; the pair joins the index. Where this very pair is there already, but off or
    not approved any more, it is on again. Raises Conflict where the question has an answer, or whoever asked
    it has had the use of their data restricted."""
    row = Unknown.objects.select_for_update().select_related("project").get(pk=unknown.pk)
    if row.restricted:
        raise Conflict(_("The use of the data of whoever asked this is restricted."), code="restricted")
    if row.state == State.ANSWERED:
        raise Conflict(_("This question has been answered already."))
    draft = Draft(row.text, answer, row.language)
    added = add_pairs(project=row.project, drafts=[draft], source=Pair.Source.UNKNOWN, actor=actor)
    pair = added[0] if added else _there_already(row.project, draft, actor)
    row.state, row.pair, row.problem = State.ANSWERED, pair, Unknown.Problem.NONE
    row.save(update_fields=["state", "pair", "problem"])
    return pair


def _there_already(project: Project, draft: Draft, actor: User) -> Pair:
    digest = new_pair(project, draft, Pair.Source.UNKNOWN).digest
    pair = Pair.objects.get(project=project, digest=digest)
    return pair if pair.is_on and pair.stands else change_pair(pair=pair, actor=actor, is_on=True)
