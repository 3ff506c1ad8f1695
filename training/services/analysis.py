"""Asking for an analysis of what a project has collected."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common import audit
from common.errors import Conflict
from common.queueing import enqueue_on_commit
from tasks_app.models import Item, Project
from training import analysing, tasks
from training.analysis_data import data_hash
from training.analysis_freshness import note_hash
from training.analysis_parts import PARTS, full_options
from training.models import Analysis, Snapshot
from training.run_folder import refuse_withdrawn

State = Analysis.State


@transaction.atomic
def ask_analysis(
    *, project: Project, actor: User | None, options: Mapping[str, Any] | None = None,
    snapshot: Snapshot | None = None,
) -> Analysis:  # fmt: skip
    """Analyse the project's items and approved answers as they are now, or as `snapshot` froze them.

    The same data with the same options is never analysed twice: what is there is returned. What failed or was
    cancelled is tried again. Raises Invalid for options that do not exist, Conflict where there is no item.
    """
    chosen = full_options(options or {})
    if snapshot is not None:
        refuse_withdrawn(snapshot)
    if not Item.objects.filter(project=project).exclude(state=Item.State.WITHDRAWN).exists():
        raise Conflict(_("This project has no items yet, so there is nothing to analyse."), code="no_items")
    data = data_hash(project, snapshot)
    if snapshot is None:
        note_hash(project.pk, data)
    keys = {name: part.key(data, chosen[name]) for name, part in PARTS.items()}
    whole = hashlib.sha256(" ".join(keys[name] for name in sorted(keys)).encode()).hexdigest()
    wish, new = Analysis.objects.select_for_update().get_or_create(
        project=project, key=whole,
        defaults={"snapshot": snapshot, "data_hash": data, "keys": keys, "options": chosen,
                  "created_by": actor},
    )  # fmt: skip
    wish.asked_at = timezone.now()
    if not new and not wish.is_live and (wish.state != State.DONE or analysing.missing(wish)):
        wish.state, wish.reason, wish.queued_at, wish.started_at = State.QUEUED, "", timezone.now(), None
        new = True
    wish.save(update_fields=["asked_at", "state", "reason", "queued_at", "started_at"])
    if new:
        audit.record("analysis.asked", wish, actor=actor.pk if actor else None)
        enqueue_on_commit(tasks.predict_analysis, wish.pk)
    return wish


@transaction.atomic
def cancel_analysis(*, wish: Analysis, actor: User) -> Analysis:
    """Whoever works on it stops at the next sign of life; parts that are done stay."""
    live = Analysis.objects.filter(pk=wish.pk, state__in=[State.QUEUED, State.RUNNING])
    if not live.update(state=State.CANCELLED, claim=None, finished_at=timezone.now()):
        raise Conflict(_("This has ended already; there is nothing to cancel."))
    audit.record("analysis.cancelled", wish, actor=actor.pk)
    wish.refresh_from_db()
    return wish
