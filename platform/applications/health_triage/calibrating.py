"""Asking two versions about items held back from them: the work behind a Calibration."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import numpy as np
from django.utils import timezone

from applications.asking import in_production
from applications.health_triage import heldback
from applications.health_triage.disclaimer import TEMPLATE
from applications.health_triage.heldback import Known
from applications.health_triage.models import Calibration
from applications.health_triage.promising import Scored
from common.errors import DomainError
from tasks_app.models import Project
from training import background, serving
from training.engine.errors import EngineError
from training.models import ModelVersion
from training.models.serving import Work

_BATCH = 32
Tell = Callable[[int], None]  # how many more items were asked about


def pair_of(project: Project) -> tuple[ModelVersion, ModelVersion] | None:
    """The versions that answer now; None while one of them is missing."""
    condition, urgency = (in_production(project, name) for name in heldback.FIELDS)
    return (condition, urgency) if condition and urgency else None


def current(project: Project) -> Calibration | None:
    """That of the versions that answer now, once it was made."""
    if (pair := pair_of(project)) is None:
        return None
    return of_pair(pair[0].pk, pair[1].pk)


def of_pair(condition: UUID, urgency: UUID) -> Calibration | None:
    """While it is made anew the old one stays in force."""
    rows = Calibration.objects.filter(condition_version=condition, urgency_version=urgency)
    made = rows.filter(made_at__isnull=False)
    return made.select_related("condition_version__model", "urgency_version__model").first()


def wish(project: Project) -> Calibration | None:
    """The row of the versions that answer now, queued if it is new; None while one of them is missing."""
    if (pair := pair_of(project)) is None:
        return None
    row, _new = Calibration.objects.get_or_create(
        condition_version=pair[0], urgency_version=pair[1], defaults={"project": project}
    )
    return row


def at_work(project: Project) -> Calibration | None:
    """The one that waits or is being made."""
    live = Calibration.objects.filter(project=project, state__in=[Work.State.QUEUED, Work.State.RUNNING])
    return live.order_by("-queued_at").first()


def uncalibrated() -> list[Project]:
    """Projects whose versions have changed since they were calibrated."""
    projects = Project.objects.filter(template=TEMPLATE, models__versions__stage="production").distinct()
    return [project for project in projects if (pair := pair_of(project)) and not _known(pair)]


def _known(pair: tuple[ModelVersion, ModelVersion]) -> bool:
    return Calibration.objects.filter(condition_version=pair[0], urgency_version=pair[1]).exists()


def refreshed(project: Project) -> Calibration | None:
    """The same, made again where other items, or other truths, are known by now."""
    row = calibrate_now(project)
    if row is None or row.made_at is None:
        return row
    if heldback.digest(_parts(row)) != row.sha256:
        queued = Calibration.objects.filter(pk=row.pk).exclude(state=Work.State.RUNNING)
        queued.update(state=Work.State.QUEUED, claim=None, asked_by=None, progress=0)
        execute(row.pk)
        row.refresh_from_db()
    return row


def calibrate_now(project: Project) -> Calibration | None:
    """That of the versions that answer now, made here unless it is there or another worker is at it."""
    if (row := wish(project)) is not None:
        execute(row.pk)
        row.refresh_from_db()
    return row


def execute(calibration_id: UUID) -> None:
    """Claim a queued calibration and make it. A second delivery finds nothing to claim."""
    row = background.claim(Calibration, calibration_id)
    if row is None:
        return
    with background.ending(row, EngineError, DomainError, OSError, KeyError):
        _calibrate(row)


def _calibrate(row: Calibration) -> None:
    parts = _parts(row)
    groups = {
        name: number for number, name in enumerate(sorted({one.group for part in parts for one in part}))
    }
    tell = _teller(row, 2 * sum(map(len, parts)))
    scored = [_scored(row, part, groups, tell) for part in parts]
    background.update(
        row, state=Work.State.DONE, claim=None, held_back=scored[0].to_json(), measured=scored[1].to_json(),
        sha256=heldback.digest(parts), made_at=timezone.now(), reason="",
    )  # fmt: skip


def _parts(row: Calibration) -> list[list[Known]]:
    """What sets the thresholds, and what measures: as far as the versions know the labels."""
    versions = (row.condition_version, row.urgency_version)
    labels, levels = labels_of(versions[0]), levels_of(versions[1])
    parts = (heldback.held_back(row.project, versions), heldback.frozen(row.project, versions))
    return [[one for one in part if one.condition in labels and one.urgency in levels] for part in parts]


def tested(row: Calibration) -> list[Known]:
    """The items of `measured`, in its order."""
    return _parts(row)[1]


def _teller(row: Calibration, most: int) -> Tell:
    """Writes how far it is; each item is asked about twice, once for each version."""
    asked = 0

    def tell(more: int) -> None:
        nonlocal asked
        asked += more
        background.update(row, progress=min(99, 100 * asked // max(1, most)))

    return tell


def _scored(row: Calibration, known: Sequence[Known], groups: Mapping[str, int], tell: Tell) -> Scored:
    labels, levels = labels_of(row.condition_version), levels_of(row.urgency_version)
    return Scored(
        labels=labels, levels=levels,
        condition=_asked(row.condition_version, known, labels, tell),
        urgency=_asked(row.urgency_version, known, [str(level) for level in levels], tell),
        true_condition=np.array([labels.index(one.condition) for one in known], dtype=np.int64),
        true_urgency=np.array([levels.index(one.urgency) for one in known], dtype=np.int64),
        group=np.array([groups[one.group] for one in known], dtype=np.int64),
    )  # fmt: skip


def _asked(
    version: ModelVersion, known: Sequence[Known], names: Sequence[str], tell: Tell
) -> np.ndarray[Any, np.dtype[np.float64]]:
    found: list[list[float]] = []
    for start in range(0, len(known), _BATCH):
        payloads = [one.payload for one in known[start : start + _BATCH]]
        answers = serving.answers_in_background(version, payloads)
        found += [shares_of(answer, names) for answer in answers]
        tell(len(payloads))
    return np.array(found, dtype=np.float64).reshape(len(found), len(names))


def shares_of(answer: serving.Answer, names: Sequence[str]) -> list[float]:
    """The probability of each name; nothing is left for "no label", which is no answer here."""
    said = answer.detail.get("probabilities", {})
    shares = [float(said.get(name, 0.0)) for name in names]
    total = sum(shares)
    return [share / total for share in shares] if total else [1 / len(names)] * len(names)


def labels_of(version: ModelVersion) -> tuple[str, ...]:
    labels = _field_of(version)["labels"]
    return tuple(label["name"] if isinstance(label, dict) else label for label in labels)


def levels_of(version: ModelVersion) -> tuple[int, ...]:
    field = _field_of(version)
    return tuple(range(field["min"], field["max"] + 1, field.get("step", 1)))


def _field_of(version: ModelVersion) -> dict[str, Any]:
    """As it was when its snapshot was frozen."""
    return next(field for field in version.snapshot.fields if field["name"] == version.model.field)
