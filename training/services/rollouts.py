"""Trying a version on live requests: as a shadow that nobody hears, or as a canary for a share of callers."""

from contextlib import suppress

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common import audit
from common.errors import Conflict, Invalid, Problem
from training.leaks import refuse_canaries
from training.models import ModelVersion, Rollout
from training.services import registry

State, Stage = Rollout.State, ModelVersion.Stage


@transaction.atomic
def start_rollout(*, version: ModelVersion, kind: str, share: float, actor: User | None) -> Rollout:
    """Try `version` on a share of the requests to its model, beside the version in production.

    Raises Conflict where nothing (else) is in production, or another rollout of this kind runs already.
    """
    if not 0 < share <= 1:
        detail = _("Give a share above 0 and up to 1.")
        raise Invalid(detail, problems=[Problem("/share", "range", detail)])
    registry.hold_free(version)
    if version.stage == Stage.ARCHIVED:
        raise Conflict(_("Version %d is archived and answers nobody. Restore it first.") % version.number)
    refuse_canaries(version)
    baseline = ModelVersion.objects.filter(model=version.model_id, stage=Stage.PRODUCTION).first()
    if baseline is None or baseline.pk == version.pk:
        raise Conflict(_("There must be another version in production to try this one beside."))
    try:
        with transaction.atomic():
            rollout = Rollout.objects.create(
                model=version.model, version=version, baseline=baseline, kind=kind, share=share,
                started_by=actor,
            )  # fmt: skip
    except IntegrityError:
        raise Conflict(_("Another version is being tried in this way already. Stop that first.")) from None
    audit.record(
        "rollout.started", rollout, actor=actor.pk if actor else None, kind=kind, share=share,
        version=version.number,
    )  # fmt: skip
    return rollout


@transaction.atomic
def end_rollout(
    *, rollout: Rollout, actor: User | None, state: str = State.STOPPED, reason: str = ""
) -> Rollout:
    """Nobody is answered by it any more, from the next request on. Conflict when it had ended already."""
    running = Rollout.objects.filter(pk=rollout.pk, state=State.RUNNING)
    if not running.update(state=state, reason=reason[:500], ended_at=timezone.now()):
        raise Conflict(_("This trial has ended already."))
    audit.record(
        f"rollout.{state}", rollout, actor=actor.pk if actor else None, kind=rollout.kind, note=reason[:500]
    )
    rollout.refresh_from_db()
    return rollout


def promote_rollout(
    *, rollout: Rollout, actor: User, override: bool = False, reason: str = ""
) -> ModelVersion:
    """Put the version that was tried into production, through the gate, and end the trial."""
    if rollout.state != State.RUNNING:
        raise Conflict(_("This trial has ended already."))
    version = registry.promote_version(version=rollout.version, actor=actor, override=override, reason=reason)
    for one in Rollout.objects.filter(version=version, state=State.RUNNING):
        with suppress(Conflict):  # the watch has seen it first
            end_rollout(rollout=one, actor=actor, state=State.PROMOTED)
    return version
