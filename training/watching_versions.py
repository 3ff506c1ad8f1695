"""The watch over versions that answer people: canaries, and versions promoted a short while ago.

Where people are less satisfied than with the version before, beyond chance, or the gate has closed, the
version is taken back without anybody's doing. One worker at a time looks at a model.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Membership, Role, User
from accounts.services.notifications import notify
from common.errors import Conflict
from training import comparison, satisfaction
from training.arms import Arm, difference, is_worse
from training.models import ModelVersion, Rollout
from training.services import registry, rollouts

logger = logging.getLogger(__name__)
Stage = ModelVersion.Stage
WATCH = timedelta(days=7)  # after a promotion
_LESS = (
    "People are less satisfied: {new:.0%} of {voices} against {old:.0%} of {before} with version {number}."
)
_GATE = "On the same test items it reaches {candidate:.3f}, version {production} in production {current:.3f}."
_GONE = "Version {number} does not answer any more."


def models_to_watch() -> list[UUID]:
    """Models with a trial, and those with a version in production that is still on probation."""
    since = timezone.now() - WATCH
    trials = Rollout.objects.filter(state=Rollout.State.RUNNING)
    fresh = ModelVersion.objects.filter(stage=ModelVersion.Stage.PRODUCTION, promoted_at__gt=since)
    return list({*trials.values_list("model_id", flat=True), *fresh.values_list("model_id", flat=True)})


def watch(model_id: UUID) -> None:
    """Look at one model, unless somebody else does so just now."""
    with _alone(model_id) as mine:
        if not mine:
            return
        trials = Rollout.objects.filter(model=model_id, state=Rollout.State.RUNNING)
        for rollout in trials.select_related(
            "version__model", "version__run", "version__snapshot", "baseline"
        ):
            if not _end_outdated(rollout) and rollout.kind == Rollout.Kind.CANARY:
                watch_canary(rollout)
        production = ModelVersion.objects.filter(
            model=model_id, stage=ModelVersion.Stage.PRODUCTION, promoted_at__gt=timezone.now() - WATCH
        ).select_related("model")
        for version in production:
            watch_promoted(version)


def _end_outdated(rollout: Rollout) -> bool:
    """End a trial whose version was promoted or archived meanwhile, or whose baseline answers no more."""
    tried, beside = rollout.version, rollout.baseline
    if tried.stage == Stage.PRODUCTION:
        state, reason = Rollout.State.PROMOTED, ""
    elif tried.stage == Stage.ARCHIVED or beside.stage != Stage.PRODUCTION:
        gone = tried if tried.stage == Stage.ARCHIVED else beside
        state, reason = Rollout.State.STOPPED, _GONE.format(number=gone.number)
    else:
        return False
    with suppress(Conflict):  # somebody was quicker
        rollouts.end_rollout(rollout=rollout, actor=None, state=state, reason=reason)
    return True


def watch_canary(rollout: Rollout) -> None:
    new = heard(rollout.version, since=rollout.started_at)
    old = heard(rollout.baseline, since=rollout.started_at)
    Rollout.objects.filter(pk=rollout.pk).update(figures=_figures(new, old), watched_at=timezone.now())
    reason = (
        _reason(new, old, rollout.baseline.number) if is_worse(new, old) else _closed_gate(rollout.version)
    )
    if reason:
        with transaction.atomic():
            rollouts.end_rollout(rollout=rollout, actor=None, state=Rollout.State.ROLLED_BACK, reason=reason)
            _tell(rollout.version, "canary_rolled_back", reason, rollout.started_by_id)


def watch_promoted(version: ModelVersion) -> None:
    """Against the version before it, over the days before it was replaced that this one is watched for."""
    before = (
        ModelVersion.objects.filter(
            model=version.model_id, stage=ModelVersion.Stage.ARCHIVED, promoted_at__isnull=False
        )
        .order_by("-retired_at")
        .first()
    )
    if before is None or version.promoted_at is None or before.retired_at is None:
        return
    new = heard(version, since=version.promoted_at)
    old = heard(before, since=before.retired_at - WATCH)
    if not is_worse(new, old):
        return
    reason = _reason(new, old, before.number)
    try:
        with transaction.atomic():
            registry.roll_back(version=version, actor=None, reason=reason)
            _tell(version, "model_rolled_back", reason, None)
    except Conflict as refused:  # somebody was quicker
        logger.info("Version %s is not rolled back: %s", version.pk, refused)


def heard(version: ModelVersion, *, since: datetime) -> Arm:
    """What was said of the answers that the version has given since then."""
    voices, content = satisfaction.of_answers(version.pk, since=since)
    return Arm(voices=voices, satisfied=content)


def _figures(new: Arm, old: Arm) -> dict[str, object]:
    apart = difference(new, old)
    return {
        "canary": {"voices": new.voices, "satisfied": new.satisfied, "rate": new.rate},
        "production": {"voices": old.voices, "satisfied": old.satisfied, "rate": old.rate},
        "difference": dict(zip(("value", "low", "high"), apart, strict=True)) if apart else None,
    }


def _reason(new: Arm, old: Arm, number: int) -> str:
    return _LESS.format(
        new=new.rate or 0.0, voices=new.voices, old=old.rate or 0.0, before=old.voices, number=number
    )


def _closed_gate(version: ModelVersion) -> str:
    """Why the gate would not let it pass now; empty where it would, or nobody knows."""
    try:
        found = comparison.compare(version)
    except OSError as error:
        logger.warning("Version %s is not compared with production: %s", version.pk, error)
        return ""
    if not found or found["candidate"] is None or found["current"] is None:
        return ""
    return _GATE.format(**found) if found["candidate"] < found["current"] else ""


def _tell(version: ModelVersion, kind: str, reason: str, starter: UUID | None) -> None:
    """Those who administer the project or the site, and whoever began it."""
    project = version.model.project_id
    named = Membership.objects.filter(Q(scope=project) | Q(scope=None), role=Role.ADMIN)
    told = Q(is_superuser=True) | Q(pk__in=named.values("user")) | Q(pk=starter)
    for person in User.objects.filter(told, is_active=True).values_list("pk", flat=True):
        notify(
            user_id=person, kind=kind, url=f"/models/{version.model.name}/", model=version.model.name,
            version=version.number, reason=reason,
        )  # fmt: skip


@contextmanager
def _alone(model_id: UUID) -> Iterator[bool]:
    """Whether this process may look: an advisory lock that PostgreSQL gives back even when we are killed."""
    with connection.cursor() as cursor:
        key = [f"watch {model_id}"]
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", key)
        held = bool(cursor.fetchone()[0])
        try:
            yield held
        finally:
            if held:
                cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", key)
