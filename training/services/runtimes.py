"""Having a version's runtime measured (again), with or without weights of 8 bits."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common import audit
from common.errors import Conflict
from common.queueing import enqueue_on_commit
from training import tasks
from training.models import ModelVersion, ServingRuntime

State = ServingRuntime.State


@transaction.atomic
def measure_runtime(*, version: ModelVersion, int8: bool, actor: User | None) -> ServingRuntime:
    """Queue the measurement. Conflict while one is queued or runs."""
    wish, new = ServingRuntime.objects.select_for_update().get_or_create(version=version)
    if not new and wish.is_live:
        raise Conflict(_("This version is being measured already."))
    wish.state, wish.int8, wish.claim, wish.reason = State.QUEUED, int8, None, ""
    wish.queued_at, wish.asked_by = timezone.now(), actor
    wish.save(update_fields=["state", "int8", "claim", "reason", "queued_at", "asked_by"])
    audit.record("runtime.measured", version, actor=actor.pk if actor else None, int8=int8)
    enqueue_on_commit(tasks.predict_runtime, version.pk)
    return wish
