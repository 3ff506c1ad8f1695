"""After an erasure: training again without the data, and keeping a version on a ground that is named."""

import logging
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common import audit
from common.errors import Conflict, DomainError, Invalid, Problem
from training.base_models import base_of, quarantined_base
from training.erasure_card import renew_card
from training.models import ModelErasure, ModelVersion, Run
from training.services.registry import promote_version
from training.services.runs import start_run

logger = logging.getLogger(__name__)
Action, Retraining = ModelErasure.Action, ModelErasure.Retraining
LEAST_GROUND = 10


def follow_retrainings() -> None:
    """Start what is wanted, and see what became of what was started. Safe to run at any time, by several."""
    waiting = [Retraining.WANTED, Retraining.RUNNING]
    for pk in ModelErasure.objects.filter(retraining__in=waiting).order_by("at").values_list("pk", flat=True):
        try:
            _follow(pk)
        except Exception:
            logger.exception("The retraining after erasure %s could not be followed", pk)


def _follow(erasure_id: UUID) -> None:
    with transaction.atomic():
        rows = ModelErasure.objects.select_for_update(of=("self",), skip_locked=True)
        row = (
            rows.select_related("version__model__project", "version__run", "run")
            .filter(pk=erasure_id)
            .first()
        )
        if row is None:
            return
        if row.retraining == Retraining.WANTED:
            _start(row)
    if row.retraining == Retraining.RUNNING and row.run is not None and not row.run.is_live:
        _conclude(row)


def _start(row: ModelErasure) -> None:
    """On a snapshot that is frozen when the run begins, so without what was erased."""
    version = row.version
    try:
        row.run = _run_for(version)
        row.retraining = Retraining.RUNNING
    except DomainError as refused:
        row.retraining, row.reason = Retraining.FAILED, refused.message[:500]
    row.save(update_fields=["run", "retraining", "reason"])


def _run_for(version: ModelVersion) -> Run:
    """One run does for two erasures that came close after each other."""
    known = ModelErasure.objects.filter(
        version__model=version.model_id, run__state=Run.State.QUEUED, run__snapshot=None
    ).first()
    if known is not None and known.run is not None:
        return known.run
    recipe = {name: value for name, value in version.run.recipe.items() if name != "base_model"}
    if quarantined_base(base_of(version.run)) is None:
        recipe["base_model"] = version.run.recipe.get("base_model")
    recipe = {name: value for name, value in recipe.items() if value is not None}
    return start_run(
        project=version.model.project, field=version.model.field, recipe=recipe, actor=None,
        priority=Run.Priority.NORMAL,
    )  # fmt: skip


def _conclude(row: ModelErasure) -> None:
    """Promoted through the ordinary gate; what it refuses waits for a person."""
    assert row.run is not None  # noqa: S101 - narrows for mypy what _follow has seen to
    outcome = Retraining.FAILED
    version = ModelVersion.objects.select_related("model", "run", "snapshot").filter(run=row.run_id).first()
    if row.run.state == Run.State.SUCCEEDED and version is not None:
        try:
            promote_version(version=version, actor=None)
            outcome = Retraining.PROMOTED
        except DomainError as refused:
            version.refresh_from_db()
            promoted = version.stage == ModelVersion.Stage.PRODUCTION
            outcome = Retraining.PROMOTED if promoted else Retraining.CANDIDATE
            row.reason = "" if promoted else refused.message[:500]
    ModelErasure.objects.filter(run=row.run_id, retraining=Retraining.RUNNING).update(
        retraining=outcome, reason=row.reason or row.run.reason
    )


@transaction.atomic
def keep_version(*, version: ModelVersion, ground: str, actor: User) -> ModelVersion:
    """Take a version out of quarantine, on a legal ground that its card names from now on.

    It is archived then, and may be restored and promoted like any other. Raises Conflict unless it is in
    quarantine.
    """
    if len(ground.strip()) < LEAST_GROUND:
        detail = _("Name the legal ground, in at least ten characters; it stands on the model card.")
        raise Invalid(detail, problems=[Problem("/legal_ground", "required", detail)])
    changed = ModelVersion.objects.filter(pk=version.pk).exclude(quarantined_at=None)
    if not changed.update(quarantined_at=None):
        raise Conflict(_("This version is not in quarantine."), code="not_quarantined")
    ModelErasure.objects.filter(version=version, action__in=[Action.QUARANTINE, Action.RETRAIN]).update(
        action=Action.KEEP, legal_ground=ground.strip()[:500]
    )
    renew_card(version)
    audit.record("model.kept", version, actor=actor.pk, note=ground)
    version.refresh_from_db()
    return version
