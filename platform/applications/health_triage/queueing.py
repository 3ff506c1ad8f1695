"""Abstained messages become items of the project, so that people decide them as they decide any other.

An import may fail long after it was asked for. So a case is a task only once its item is there, and waits
again where the import has ended without bringing it.
"""

import json
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from accounts.models import User
from applications.health_triage.models import AbstainedCase, RiskSetting
from common import audit
from tasks_app.fields.payload import PAYLOAD_KEYS
from tasks_app.models import ImportJob, Item, Project
from tasks_app.services.erasing_items import TOMBSTONE
from tasks_app.services.imports import start_import

MOST_AT_ONCE = 200
State = AbstainedCase.State
_ENDED = (ImportJob.State.SUCCEEDED, ImportJob.State.FAILED)


@transaction.atomic
def import_cases(project: Project, case_ids: Sequence[UUID], actor: User | None) -> list[AbstainedCase]:
    """Those that wait still, on their way to being tasks. Two at once make each of them once.

    The item is pinned to training: nobody drew it by lot, so it neither tests nor calibrates. A text that the
    project has already makes an item as well: somebody waits for this one.
    """
    settle(project.pk)
    rows = AbstainedCase.objects.select_for_update(of=("self",)).select_related("prediction").order_by("pk")
    cases = [
        case
        for case in rows.filter(project=project, pk__in=case_ids, state=State.WAITING)
        if case.prediction.payload.get("text", "").strip()
    ]
    if cases:
        body = "\n".join(_line(case) for case in cases).encode()
        job = start_import(
            project=project, actor=actor or project.owner, chunks=[body], format="jsonl",
            options={"keep_duplicates": True, "subjects": _subjects(cases)},
        )  # fmt: skip
        chosen = AbstainedCase.objects.filter(pk__in=[case.pk for case in cases])
        chosen.update(state=State.MAKING, job=job, was_refused=False)
        audit.record(
            "triage.tasks_made", project, actor=actor.pk if actor else None, cases=[str(c.pk) for c in cases]
        )
    return cases


@transaction.atomic
def settle(project_id: UUID) -> None:
    """Cases whose item has come are tasks; those whose import has ended without it wait again."""
    making = AbstainedCase.objects.filter(project=project_id, state=State.MAKING)
    # An import commits its items no later than its end, so that it is looked at first.
    ended = making.filter(Q(job=None) | Q(job__state__in=_ENDED)).values_list("pk", flat=True)
    over = list(ended)
    _with_item(making).update(state=State.TASK)
    making.filter(pk__in=over).update(state=State.WAITING, was_refused=True)


def _with_item(cases: QuerySet[AbstainedCase]) -> QuerySet[AbstainedCase]:
    name = Concat(Value("triage-"), Cast(OuterRef("pk"), CharField()))
    return cases.filter(Exists(Item.objects.filter(project=OuterRef("project"), external_id=name)))


def unsettled() -> list[UUID]:
    rows = AbstainedCase.objects.filter(state=State.MAKING).order_by()
    return list(rows.values_list("project_id", flat=True).distinct())


def _subjects(cases: Sequence[AbstainedCase]) -> dict[str, str]:
    """Whose each message is, where that was said."""
    known = [case for case in cases if case.prediction.subject]
    return {case.external_id: str(case.prediction.subject) for case in known}


def _line(case: AbstainedCase) -> str:
    shown = {key: value for key, value in case.prediction.payload.items() if key in PAYLOAD_KEYS}
    terms = {"id": case.external_id, "group": case.external_id, "split": "train"}
    return json.dumps({**shown, **terms}, ensure_ascii=False)


def due_projects() -> list[UUID]:
    """Where tasks are made without anybody's click, and something waits that no import has refused."""
    wanted = RiskSetting.objects.filter(
        tasks_by_themselves=True,
        project__triage_cases__state=State.WAITING,
        project__triage_cases__was_refused=False,
    ).exclude(project__state=Project.State.FINISHED)
    return list(wanted.values_list("project_id", flat=True).distinct())


def make_due(project_id: UUID) -> int:
    project = Project.objects.get(pk=project_id)
    waiting = AbstainedCase.objects.filter(project=project, state=State.WAITING, was_refused=False)
    waiting = waiting.exclude(prediction__payload=TOMBSTONE).order_by("-highest", "pk")
    return len(import_cases(project, list(waiting.values_list("pk", flat=True)[:MOST_AT_ONCE]), None))
