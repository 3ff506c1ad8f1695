"""Holding any two versions of a model against each other."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common import audit
from common.errors import Invalid, Problem
from common.queueing import enqueue_on_commit
from training import tasks
from training.models import ModelVersion, VersionComparison

State = VersionComparison.State


@transaction.atomic
def compare_versions(*, version: ModelVersion, other: ModelVersion, actor: User | None) -> VersionComparison:
    """`version` against `other` on the test items of `version`, in the background; see versus.differences.

    What was compared once is not computed again: test items are frozen, and so are versions. What failed is
    tried again. Raises Invalid for versions of two models, or one version twice.
    """
    if version.model_id != other.model_id or version.pk == other.pk:
        detail = _("Choose two different versions of the same model.")
        raise Invalid(detail, problems=[Problem("/other", "same_model", detail)])
    rows = VersionComparison.objects.select_for_update()
    wish, new = rows.get_or_create(version=version, other=other)
    if new or wish.state == State.FAILED:
        wish.state, wish.reason, wish.queued_at = State.QUEUED, "", timezone.now()
        wish.asked_by, wish.progress = actor, 0
        wish.save(update_fields=["state", "reason", "queued_at", "asked_by", "progress"])
        against = other.number
        audit.record("versions.compared", version, actor=actor.pk if actor else None, other=against)
        enqueue_on_commit(tasks.predict_pair, wish.pk)
    return wish
