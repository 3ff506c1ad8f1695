"""Which models learned from data that is erased, and what follows for them by their project's policy.

A run's averaged seeds and merged adapters are one version with it. A version that was fine-tuned from one
that saw the data saw it too.
"""

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from common import audit
from privacy.holders import AffectedModel, Subject, Terms
from tasks_app.models import Project
from training import hub, lineage
from training.base_models import base_of, places_of, quarantined_base
from training.erasure_card import renew_card
from training.models import (
    ActiveLearning,
    DriftReference,
    ModelErasure,
    ModelVersion,
    Preannotation,
    Rollout,
    Run,
    Snapshot,
    SnapshotItem,
)

Stage, Action, Retraining = ModelVersion.Stage, ModelErasure.Action, ModelErasure.Retraining
REASON = "It learned from data that was erased since."
_OWN_GROUND = Project.ErasureOfModels.KEEP


def snapshots_of_items(items: Collection[UUID]) -> QuerySet[Snapshot]:
    held = SnapshotItem.objects.filter(item__in=items).values("snapshot")
    return Snapshot.objects.filter(pk__in=held)


def snapshots_of_answers(subject: Subject, *, policy: str) -> QuerySet[Snapshot]:
    """Those that rest on the person's answers or reviews, of projects with this policy for answers."""
    person = User.objects.filter(pk=subject.account).first() if subject.account else None
    if person is None:
        return Snapshot.objects.none()
    return lineage.snapshots_with_person(person).filter(project__erasure_answers=policy)


def versions_that_saw(snapshots: Iterable[Snapshot]) -> dict[ModelVersion, ModelVersion | None]:
    """Version -> the one through which it saw the data, None where it was trained on a snapshot itself."""
    ids = [snapshot.pk for snapshot in snapshots]
    related = ModelVersion.objects.select_related("model__project", "run", "snapshot")
    direct = related.filter(snapshot__in=ids).order_by("model__name", "number")
    found: dict[ModelVersion, ModelVersion | None] = dict.fromkeys(direct)
    if not found:
        return found
    based = [(row, base_of(row.run)) for row in related.order_by("created_at") if base_of(row.run)]
    fresh = list(found)
    while fresh:
        places = {place: version for version in fresh for place in places_of(version)}
        fresh = [row for row, base in based if row not in found and base in places]
        found |= {row: places[base_of(row.run)] for row in fresh}
    return found


def runs_from(version: ModelVersion) -> QuerySet[Run]:
    """Queued and running ones that start from this version."""
    live = Run.objects.filter(state__in=[Run.State.QUEUED, Run.State.RUNNING])
    places = set(places_of(version))
    started = live.filter(recipe__has_key="base_model").only("recipe")
    return live.filter(pk__in=[run.pk for run in started if base_of(run) in places])


def share_fate(version: ModelVersion) -> None:
    """Of a version that has just been registered and whose base went into quarantine while it was trained."""
    base = quarantined_base(base_of(version.run))
    if base is None:
        return
    for row in base.erasures.exclude(action=Action.ANONYMISED):
        ModelErasure.objects.get_or_create(
            version=version, request=row.request, defaults={"action": Action.QUARANTINE, "through": base}
        )
    quarantine(version)
    renew_card(version)


def affected_models(subject: Subject) -> list[AffectedModel]:
    """Read only: what an erasure would do."""
    policy = Project.ErasureOfAnswers.REMOVE
    snapshots = {*snapshots_of_items(subject.items), *snapshots_of_answers(subject, policy=policy)}
    return [
        AffectedModel(version.model.name, version.number, action, ground)
        for version in versions_that_saw(snapshots)
        for action, ground in [_policy_of(version)]
    ]


def _policy_of(version: ModelVersion) -> tuple[str, str]:
    project = version.model.project
    keeps = project.erasure_models == _OWN_GROUND
    return str(project.erasure_models), project.erasure_ground if keeps else ""


# -- what follows -----------------------------------------------------------------------------------------


def act_on(versions: dict[ModelVersion, ModelVersion | None], terms: Terms, counts: dict[UUID, int]) -> int:
    """Note the erasure at each version and do what its project wishes. counts: erased items by snapshot.

    Returns how many versions were affected anew; a repeat finds none.
    """
    new = 0
    for version, through in versions.items():
        action, ground = _policy_of(version)
        _row, made = ModelErasure.objects.get_or_create(
            version=version,
            request=terms.request,
            defaults={
                "action": action,
                "legal_ground": ground or terms.legal_ground if action == Action.KEEP else "",
                "items": counts.get(version.snapshot_id, 0),
                "through": through,
                "retraining": Retraining.WANTED if _to_retrain(version, action) else Retraining.NONE,
            },
        )
        if made:
            new += 1
            audit.record(
                "model.saw_erased_data", version, actor=terms.actor, outcome=action,
                request=str(terms.request), note=ground,
            )  # fmt: skip
        if action != Action.KEEP:
            quarantine(version)
        if made:
            renew_card(version)
    return new


def note_anonymised(versions: Iterable[ModelVersion], terms: Terms) -> int:
    """Answers that stay as nobody's leave the models be; that they were there is said all the same."""
    noted = 0
    for version in versions:
        _row, made = ModelErasure.objects.get_or_create(
            version=version, request=terms.request, defaults={"action": Action.ANONYMISED}
        )
        if made:
            renew_card(version)
            noted += 1
    return noted


def _to_retrain(version: ModelVersion, action: str) -> bool:
    """Only for what is in use: one run a model."""
    return action == Action.RETRAIN and version.stage == Stage.PRODUCTION


def quarantine(version: ModelVersion) -> None:
    """It answers nobody from now on, and cannot be promoted. Another one answers, if there is one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"promote {version.model_id}"])
    version.refresh_from_db(fields=["stage", "quarantined_at"])
    now, served = timezone.now(), version.stage == Stage.PRODUCTION
    if version.quarantined_at is None:
        version.stage, version.quarantined_at, version.retired_at = Stage.ARCHIVED, now, now
        version.save(update_fields=["stage", "quarantined_at", "retired_at"])
        audit.record("model.quarantined", version, actor=None)
    _stop_using(version)
    if served:
        _fall_back(version)


def _fall_back(version: ModelVersion) -> None:
    """The newest version that was once let through the gate and saw nothing that was erased."""
    free = ModelVersion.objects.filter(
        model=version.model_id, quarantined_at=None, promoted_at__isnull=False
    ).exclude(pk=version.pk)
    older = free.order_by("-number").first()
    if older is None:
        audit.record("model.off", version.model, actor=None)
        return
    older.stage, older.promoted_at, older.retired_at = Stage.PRODUCTION, timezone.now(), None
    older.save(update_fields=["stage", "promoted_at", "retired_at"])
    audit.record("model.fell_back", older, actor=None, from_version=version.number)


def _stop_using(version: ModelVersion) -> None:
    now = timezone.now()
    runs_from(version).update(
        state=Run.State.FAILED, claim=None, finished_at=now, seconds_left=None, reason=REASON
    )
    ModelVersion.objects.filter(pk=version.pk, hub__state=hub.QUEUED).update(
        hub={**version.hub, "state": hub.FAILED, "reason": REASON}
    )
    for side in ("version", "baseline"):
        Rollout.objects.filter(**{side: version}, state=Rollout.State.RUNNING).update(
            state=Rollout.State.STOPPED, reason=REASON, ended_at=now
        )
    live = [Preannotation.State.QUEUED, Preannotation.State.RUNNING]
    Preannotation.objects.filter(version=version, state__in=live).update(
        state=Preannotation.State.CANCELLED, claim=None, reason=REASON, finished_at=now
    )
    ActiveLearning.objects.filter(version=version).update(version=None)
    DriftReference.objects.filter(version=version).delete()
