"""Abstained messages become items of the project, so that people decide them as they decide any other."""

import json
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from accounts.models import User
from applications.health_triage.models import AbstainedCase, RiskSetting
from common import audit
from tasks_app.fields.payload import PAYLOAD_KEYS
from tasks_app.models import Project
from tasks_app.services.imports import start_import

MOST_AT_ONCE = 200
State = AbstainedCase.State


@transaction.atomic
def import_cases(project: Project, case_ids: Sequence[UUID], actor: User | None) -> list[AbstainedCase]:
    """Those that wait still, now tasks. Two at once make each of them once.

    The item is pinned to training: nobody drew it by lot, so it neither tests nor calibrates.
    """
    rows = AbstainedCase.objects.select_for_update(of=("self",)).select_related("prediction").order_by("pk")
    cases = [
        case
        for case in rows.filter(project=project, pk__in=case_ids, state=State.WAITING)
        if case.prediction.payload.get("text", "").strip()
    ]
    if cases:
        body = "\n".join(_line(case) for case in cases).encode()
        start_import(project=project, actor=actor or project.owner, chunks=[body], format="jsonl")
        AbstainedCase.objects.filter(pk__in=[case.pk for case in cases]).update(state=State.TASK)
        audit.record(
            "triage.tasks_made", project, actor=actor.pk if actor else None, cases=[str(c.pk) for c in cases]
        )
    return cases


def _line(case: AbstainedCase) -> str:
    shown = {key: value for key, value in case.prediction.payload.items() if key in PAYLOAD_KEYS}
    terms = {"id": case.external_id, "group": case.external_id, "split": "train"}
    return json.dumps({**shown, **terms}, ensure_ascii=False)


def due_projects() -> list[UUID]:
    """Where tasks are made without anybody's click, and something waits."""
    wanted = RiskSetting.objects.filter(
        tasks_by_themselves=True, project__triage_cases__state=State.WAITING
    ).exclude(project__state=Project.State.FINISHED)
    return list(wanted.values_list("project_id", flat=True).distinct())


def make_due(project_id: UUID) -> int:
    project = Project.objects.get(pk=project_id)
    waiting = AbstainedCase.objects.filter(project=project, state=State.WAITING).order_by("-highest", "pk")
    return len(import_cases(project, list(waiting.values_list("pk", flat=True)[:MOST_AT_ONCE]), None))
