"""One message, or several: what it is about, how soon somebody has to look, and what says so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction

from accounts.models import User
from applications import subjects
from applications.asking import ask, in_production
from applications.health_triage import calibrating
from applications.health_triage.models import AbstainedCase, Calibration
from applications.health_triage.promising import NO_PROMISE, Promise, Risk, Verdict, judge
from applications.health_triage.services.calibration import ask_calibration
from applications.health_triage.services.risk import risk_of
from privacy.services.keeping import refuse_gone
from tasks_app.models import Project
from training import serving
from training.models import ModelVersion, Prediction
from training.services.predictions import Predicted


@dataclass(frozen=True, slots=True, kw_only=True)
class Triaged:
    """shares, chances: probability of each group and of each level. evidence: spans in the text as it was
    sent; None while no model marks any. case: where a person has to look."""

    verdict: Verdict
    shares: Mapping[str, float]
    chances: Mapping[int, float]
    condition: Prediction
    urgency: Prediction
    evidence: Sequence[Mapping[str, Any]] | None
    marked: Prediction | None
    calibration: Calibration | None
    case: AbstainedCase | None

    @property
    def is_emergency(self) -> bool:
        """Whether the highest urgency that the model knows cannot be ruled out."""
        return self.verdict.high >= max(self.chances)


def triage_texts(
    *, project: Project, texts: Sequence[str], actor: User | None, people: Sequence[str] = ()
) -> list[Triaged]:
    """Up to 100 messages. Texts are stored redacted, and no longer than the project keeps predictions.

    people: who wrote each, by an id in the caller's books, "" for nobody known; a request then finds what is
    kept of it. Raises Conflict with the code `restricted` for somebody the use of whose data is restricted,
    and `subject_erased` where somebody is erased meanwhile.

    A calibration of other versions than those that have just answered is never used: without one of their own
    there is no promise, a person has to look at each, and a calibration is asked for.
    Raises Conflict where no version is in production, Invalid for what is no text.
    """
    asked: dict[str, Any] = {
        "project": project, "items": [{"text": text} for text in texts], "actor": actor,
        "subjects": _subjects(project, people),
    }  # fmt: skip
    condition, urgency = ask(field="condition", **asked), ask(field="urgency", **asked)
    marked = None
    if in_production(project, "evidence"):
        marked = ask(field="evidence", **asked)
    calibration = calibrating.of_pair(condition.version.pk, urgency.version.pk)
    shares, chances = _shares(condition), _chances(urgency)
    verdicts = _verdicts(project, calibration, shares, chances)
    if calibration is None:
        ask_calibration(project=project, actor=None)
    highest = max(chances[0]) if chances else 0
    cases = _abstain(project, condition.predictions, verdicts, highest, asked["subjects"])
    return [
        Triaged(
            verdict=verdict, shares=shares[number], chances=chances[number], calibration=calibration,
            condition=condition.predictions[number], urgency=urgency.predictions[number],
            evidence=marked.answers[number].value if marked else None,
            marked=marked.predictions[number] if marked else None,
            case=cases.get(condition.predictions[number].pk),
        )
        for number, verdict in enumerate(verdicts)
    ]  # fmt: skip


@transaction.atomic
def _subjects(project: Project, people: Sequence[str]) -> list[UUID | None]:
    held = subjects.hold(project.pk, {name for name in people if name.strip()})
    refuse_gone(one.id for one in held.values())
    return [held[name].id if name in held else None for name in people]


def _shares(said: Predicted) -> list[dict[str, float]]:
    labels = calibrating.labels_of(_with_snapshot(said.version))
    return [_named(answer, labels) for answer in said.answers]


def _chances(said: Predicted) -> list[dict[int, float]]:
    levels = calibrating.levels_of(_with_snapshot(said.version))
    found = [_named(answer, [str(level) for level in levels]) for answer in said.answers]
    return [{int(level): share for level, share in one.items()} for one in found]


def _named(answer: serving.Answer, names: Sequence[str]) -> dict[str, float]:
    return dict(zip(names, calibrating.shares_of(answer, names), strict=True))


def _with_snapshot(version: ModelVersion) -> ModelVersion:
    return ModelVersion.objects.select_related("model", "snapshot").get(pk=version.pk)


def _verdicts(
    project: Project,
    calibration: Calibration | None,
    shares: Sequence[Mapping[str, float]],
    chances: Sequence[Mapping[int, float]],
) -> list[Verdict]:
    if calibration is None:
        return [
            Verdict((max(one, key=lambda name: one[name]),), min(level), max(level), (NO_PROMISE,))
            for one, level in zip(shares, chances, strict=True)
        ]
    promised = promise_of(calibration, risk_of(project).risk)
    return judge(
        promised,
        np.array([list(one.values()) for one in shares], dtype=np.float64),
        np.array([list(one.values()) for one in chances], dtype=np.float64),
    )


def promise_of(calibration: Calibration, risk: Risk) -> Promise:
    """Worked out once for each calibration and risk in a process."""
    return _promise(calibration.pk, str(calibration.made_at), risk)


@lru_cache(maxsize=64)
def _promise(calibration_id: UUID, made_at: str, risk: Risk) -> Promise:
    return Calibration.objects.get(pk=calibration_id).promise(risk)


@transaction.atomic
def _abstain(
    project: Project, predictions: Sequence[Prediction], verdicts: Sequence[Verdict], highest: int,
    people: Sequence[UUID | None],
) -> dict[UUID, AbstainedCase]:  # fmt: skip
    refuse_gone(people)
    rows = [
        AbstainedCase(
            project=project,
            prediction=prediction,
            reasons=list(verdict.reasons),
            highest=verdict.high,
            emergency=verdict.high >= highest,
        )  # fmt: skip
        for prediction, verdict in zip(predictions, verdicts, strict=True)
        if verdict.abstains
    ]
    return {row.prediction_id: row for row in AbstainedCase.objects.bulk_create(rows)}
