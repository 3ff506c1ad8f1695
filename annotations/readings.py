"""The model that reads the text beside the crowd: measured on gold at each fit, heard only where it helps."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import numpy as np

from annotations.aggregation.inference import Inference, Posterior, infer
from annotations.aggregation.judgments import KNOWN, Judgment
from annotations.aggregation.reading import Reader, compare, join, learn_reader
from annotations.models import FieldFit, ModelJudgment
from tasks_app.fields.base import Field


def can_be_read(field: Field) -> bool:
    """Fields with one label a unit: what a model says about it is then one more judgment."""
    return field.type == "choice" and not getattr(field, "multi", False)


def models_read(project_id: UUID, field: str, names: Mapping[UUID, str]) -> tuple[str, Posterior]:
    """The version and its judgments by full units; `names`: item -> what its full units begin with."""
    version, found = "", {}
    rows = ModelJudgment.objects.filter(project_id=project_id, field=field)
    for item, name, posterior in rows.values_list("item_id", "version", "posterior").iterator(2_000):
        if item in names:
            version = name
            found.update({names[item] + unit: row for unit, row in posterior.items()})
    return version, found


def listen(
    judgments: Sequence[Judgment], inference: Inference, method: str, version: str, read: Posterior
) -> tuple[Posterior, dict[str, Any]]:
    """The posterior with the model's word where it helps on gold, and what is to be kept of it."""
    crowd = [judgment for judgment in judgments if judgment.worker != KNOWN]
    truth = {judgment.unit: judgment.label for judgment in judgments if judgment.worker == KNOWN}
    # Gold is held out: the crowd's belief on it must not be pinned, or nothing could improve on it.
    alone = infer(crowd, method=method, labels=inference.priors) if truth else inference
    unseen = {unit: row for unit, row in read.items() if unit not in truth}
    reader = learn_reader(alone.posterior, unseen, inference.priors)
    found = compare(alone.posterior, join(alone.posterior, read, reader), truth)
    kept = {
        "version": version,
        "units": len(read),
        "gold": found.gold,
        "crowd": asdict(found.crowd),
        "both": asdict(found.both),
        "on": found.helps,
        "labels": list(reader.labels),
        "temperature": reader.temperature,
        "confusion": [[round(cell, 4) for cell in row] for row in reader.confusion.tolist()],
        "priors": reader.priors.tolist(),
    }
    if not found.helps:
        return inference.posterior, kept
    ordinary = {unit: row for unit, row in inference.posterior.items() if unit not in truth}
    return {**inference.posterior, **join(ordinary, read, reader)}, kept


def heard(fit: FieldFit | None) -> Reader | None:
    """The reader that counts between two fits, if one does."""
    kept = fit.reading if fit else {}
    if not kept.get("on"):
        return None
    return Reader(
        tuple(kept["labels"]), kept["temperature"], np.array(kept["confusion"]), np.array(kept["priors"])
    )


def read_of(item_ids: Collection[UUID], fields: Collection[str]) -> dict[tuple[UUID, str], Posterior]:
    """Item and field -> what the model read, for fields whose reader counts."""
    if not fields:
        return {}
    rows = ModelJudgment.objects.filter(item_id__in=item_ids, field__in=fields)
    return {(item, field): read for item, field, read in rows.values_list("item_id", "field", "posterior")}


@dataclass(frozen=True)
class Reading:
    """A model as one more annotator: figures on gold without and with it (0..1; of log loss less is better),
    and whether its word counts."""

    version: str
    units: int
    gold: int
    crowd_accuracy: float
    both_accuracy: float
    crowd_log_loss: float
    both_log_loss: float
    on: bool


def reading_of(fit: FieldFit | None) -> Reading | None:
    kept = fit.reading if fit else {}
    if not kept:
        return None
    return Reading(
        version=kept["version"],
        units=kept["units"],
        gold=kept["gold"],
        crowd_accuracy=kept["crowd"]["accuracy"],
        both_accuracy=kept["both"]["accuracy"],
        crowd_log_loss=kept["crowd"]["log_loss"],
        both_log_loss=kept["both"]["log_loss"],
        on=kept["on"],
    )
