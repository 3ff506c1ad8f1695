"""What a cross-fitted model reads out of items, handed down by whoever trains."""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction

from annotations.aggregation.inference import Posterior
from annotations.models import FieldFit, ModelJudgment
from tasks_app.models import Item, Project

_BATCH = 1_000


@transaction.atomic
def store_model_judgments(
    *,
    project: Project,
    field: str,
    version: str,
    folds: Mapping[int, Mapping[UUID, Posterior]],
) -> int:
    """Replace what models read before: fold -> item of that fold -> unit -> label -> probability.

    The caller vouches that the model of a fold was trained on no item of it, nor of its items' groups. The
    next fit measures the judgments on gold and lets them count only if they help. Returns how many there are.
    """
    ModelJudgment.objects.filter(project=project, field=field).delete()
    wanted = {item for judged in folds.values() for item in judged}
    ours = set(Item.objects.filter(project=project, pk__in=wanted).values_list("pk", flat=True))
    rows = [
        ModelJudgment(
            project=project, item_id=item, field=field, version=version, fold=fold, posterior=posterior
        )
        for fold, judged in sorted(folds.items())
        for item, posterior in judged.items()
        if item in ours
    ]
    ModelJudgment.objects.bulk_create(rows, batch_size=_BATCH)
    FieldFit.objects.filter(project=project, field=field).update(answers=0)  # a fit is due
    return len(rows)


@transaction.atomic
def drop_model_judgments(*, project: Project, field: str) -> None:
    """Back to the crowd alone from the next fit on."""
    ModelJudgment.objects.filter(project=project, field=field).delete()
    FieldFit.objects.filter(project=project, field=field).update(answers=0, reading={})
