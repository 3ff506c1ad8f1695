"""Taking data out of snapshots, runs and what people asked of models. The files go once that is committed."""

import secrets
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from privacy import mentions
from tasks_app.models import Item
from tasks_app.services.erasing_items import TOMBSTONE
from training import clearing
from training.models import (
    ActiveLearning,
    Analysis,
    AnalysisResult,
    CrossFit,
    Feedback,
    FeedbackCase,
    LearningCurve,
    Prediction,
    Run,
    ShadowPrediction,
    Snapshot,
)
from training.models.analysis import folder_of

REASON = "Data that it was to learn from was erased. Freeze a new snapshot and start again."
# The row says that something stood here; the number that it gets is nobody's.
_BLANK = """
UPDATE training_snapshotitem SET item = gen_random_uuid(), "group" = '', erased = true
WHERE item = ANY(%s::uuid[]) RETURNING snapshot_id
"""


def take_turn_with_freezing(project_ids: Collection[UUID]) -> None:
    """A snapshot that is being frozen is finished first, and then taken back like the others; and so is a run
    that is just being given one (snapshots.held)."""
    with connection.cursor() as cursor:
        for name in ("snapshot", "withdraw"):
            for project_id in sorted(project_ids):
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"{name} {project_id}"])


def stop_runs(snapshots: Sequence[Snapshot]) -> list[Run]:
    """Whoever trains on one finds that the run is no longer theirs, and ends the engine. Returns all runs."""
    runs = list(Run.objects.select_for_update(of=("self",)).filter(snapshot__in=snapshots).order_by("pk"))
    live = [run.pk for run in runs if run.is_live]
    now = timezone.now()
    Run.objects.filter(pk__in=live).update(
        state=Run.State.FAILED, claim=None, finished_at=now, seconds_left=None, reason=REASON
    )
    Run.objects.filter(pk__in=[run.pk for run in runs]).exclude(log="").update(log="")
    return runs


def withdraw_snapshots(snapshots: Sequence[Snapshot]) -> None:
    """Each says of itself from now on that it is no more what was frozen (architecture: invariant 5)."""
    for snapshot in snapshots:
        Snapshot.objects.filter(pk=snapshot.pk, withdrawn_at=None).update(
            withdrawn_at=timezone.now(), sha256=f"withdrawn-{snapshot.pk.hex}"
        )


def blank_places(items: Collection[UUID]) -> Counter[UUID]:
    """Take the items out of the lists of all snapshots; how many of each."""
    with connection.cursor() as cursor:
        cursor.execute(_BLANK, [list(items)])
        return Counter(row[0] for row in cursor.fetchall())


def clear_files(snapshots: Sequence[Snapshot], runs: Sequence[Run]) -> None:
    """In this order: what is linked from a snapshot cannot be linked again once the snapshot is gone."""
    wanted = [(clearing.Kind.SNAPSHOT, snapshot.folder) for snapshot in snapshots]
    wanted += [(clearing.Kind.RUN, run.folder) for run in runs]
    wanted += [(clearing.Kind.WHOLE, curve.folder) for curve in _stop_curves(runs)]
    for project in {snapshot.project_id for snapshot in snapshots}:
        wanted += [(clearing.Kind.WHOLE, folder) for folder in stop_reading(project)]
    clearing.clear_on_commit(wanted)


def _stop_curves(runs: Sequence[Run]) -> list[LearningCurve]:
    curves = list(LearningCurve.objects.filter(run__in=runs))
    live = [curve.pk for curve in curves if curve.is_live]
    LearningCurve.objects.filter(pk__in=live).update(
        state=LearningCurve.State.FAILED, claim=None, reason=REASON
    )
    return curves


def stop_reading(project_id: UUID) -> list[Any]:
    """Work that has written texts of the project's items to files begins anew, without what was erased."""
    fits = list(CrossFit.objects.filter(project=project_id, state=CrossFit.State.RUNNING))
    CrossFit.objects.filter(pk__in=[fit.pk for fit in fits]).update(state=CrossFit.State.QUEUED, claim=None)
    wishes = list(ActiveLearning.objects.filter(project=project_id))
    ActiveLearning.objects.filter(project=project_id, state=ActiveLearning.State.RUNNING).update(
        state=ActiveLearning.State.QUEUED, claim=None
    )
    return [*(fit.folder for fit in fits), *(wish.folder for wish in wishes)]


def forget_analyses(project_ids: Collection[UUID]) -> None:
    """All that was found in the projects' texts rests on what was erased as well: it is asked for again."""
    Analysis.objects.filter(project__in=project_ids).delete()
    AnalysisResult.objects.filter(project__in=project_ids).delete()
    clearing.clear_on_commit([(clearing.Kind.WHOLE, folder_of(one)) for one in sorted(project_ids)])


# -- what was asked of models -----------------------------------------------------------------------------


def empty_predictions(
    items: Collection[UUID], values: Sequence[str], subjects: Collection[UUID] = ()
) -> dict[str, int]:
    """Whoever asked a model about one of these texts, said a telling value to it, or named one of these
    people as the one whose text it is: that text goes."""
    ids = list(asked_about(items, values, subjects).values_list("pk", flat=True))
    return _empty(ids, cases_about(items, values, subjects))


def empty_asked(predictions: Collection[UUID]) -> dict[str, int]:
    """The same for single questions, whose asker is known to somebody else."""
    rows = Prediction.objects.filter(pk__in=predictions).exclude(payload=TOMBSTONE)
    ids = list(rows.values_list("pk", flat=True))
    # What others said in the same words stays theirs.
    others = Feedback.objects.filter(case=OuterRef("pk")).exclude(prediction__in=ids)
    return _empty(ids, FeedbackCase.objects.filter(~Exists(others), feedback__prediction__in=ids).distinct())


def _empty(ids: Collection[UUID], cases: QuerySet[FeedbackCase]) -> dict[str, int]:
    found = {"cases": 0}
    cases = FeedbackCase.objects.filter(pk__in=list(cases.values_list("pk", flat=True)))
    for case in cases.select_for_update(of=("self",)):
        case.payload, case.value, case.digest = TOMBSTONE, None, secrets.token_hex(32)
        case.item, case.reason, case.state = None, "", FeedbackCase.State.DISMISSED
        case.save()
        found["cases"] += 1
    rows = Prediction.objects.filter(pk__in=ids)
    ShadowPrediction.objects.filter(prediction__in=ids).update(value=None, usual=None)
    Feedback.objects.filter(prediction__in=ids).update(correction=None, comment="")
    return {**found, "predictions": rows.update(payload=TOMBSTONE, shifts=[], value=None, subject=None)}


def asked_about(
    items: Collection[UUID], values: Sequence[str], subjects: Collection[UUID] = ()
) -> QuerySet[Prediction]:
    theirs = Q(subject__in=subjects)
    return Prediction.objects.filter(theirs | _says("payload", items, values)).exclude(payload=TOMBSTONE)


def cases_about(
    items: Collection[UUID], values: Sequence[str], subjects: Collection[UUID] = ()
) -> QuerySet[FeedbackCase]:
    theirs = Q(prediction__subject__in=subjects)
    heard = Feedback.objects.filter(theirs, case__isnull=False).values("case")
    # What others said in the same words stays theirs.
    others = Feedback.objects.filter(case=OuterRef("pk")).exclude(theirs, prediction__subject__isnull=False)
    own = Q(item__in=items) | (Q(pk__in=heard) & ~Exists(others))
    return FeedbackCase.objects.filter(own | _says("payload", items, values)).exclude(payload=TOMBSTONE)


def _says(column: str, items: Collection[UUID], values: Sequence[str]) -> Q:
    """The very text of one of the items, which the hash index finds; or a telling value in any text."""
    texts = Item.objects.filter(pk__in=items).exclude(payload=TOMBSTONE).values_list("payload", flat=True)
    said = Q(**{f"{column}__in": list(texts)})
    for value in mentions.telling(values):
        said |= Q(**{f"{column}__icontains": value})
    return said


def forget_asker(account: UUID) -> dict[str, int]:
    """Whose question and whose word it was is not told any more; a voice stays a voice."""
    words = Feedback.objects.filter(author=account)
    count = 0
    for row in words.iterator(chunk_size=500):
        Feedback.objects.filter(pk=row.pk).update(author=None, end_user=secrets.token_hex(32), comment="")
        count += 1
    return {
        "feedback": count,
        "asked": Prediction.objects.filter(requested_by=account).update(requested_by=None),
    }
