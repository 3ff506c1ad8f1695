"""Asking a model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common.errors import Conflict, Invalid, Problem, Unavailable
from tasks_app.fields.payload import check_payload
from tasks_app.fields.problem import InvalidPayload
from training import redaction, serving
from training.engine.errors import EngineError
from training.models import Model, ModelVersion, Prediction

MAX_ITEMS = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of a request: `answers` speak of the texts as they were sent, `predictions` as stored."""

    version: ModelVersion
    answers: Sequence[serving.Answer]
    predictions: list[Prediction]


def predict(
    *, model: Model, items: Sequence[object], actor: User | None, version: ModelVersion | None = None
) -> Asked:
    """Have the version in production (or the one named) answer each item; texts are stored redacted.

    Raises Invalid with pointers such as "/items/0/turns", Conflict where nothing is in production.
    """
    payloads = _check(items)
    version = version or model.versions.filter(stage=ModelVersion.Stage.PRODUCTION).first()
    if version is None:
        raise Conflict(_("No version of this model is in production yet. Promote one."), code="no_version")
    try:
        answers = serving.answers_of(version, payloads)
    except (EngineError, FileNotFoundError) as error:
        raise Unavailable(_("This model cannot be loaded: %s") % error, code="model_unusable") from error
    rows = [_row(version, actor, payload, answer) for payload, answer in zip(payloads, answers, strict=True)]
    with transaction.atomic():
        return Asked(version, answers, Prediction.objects.bulk_create(rows))


def _check(items: Sequence[object]) -> list[dict[str, Any]]:
    if not 1 <= len(items) <= MAX_ITEMS:
        detail = _("Send 1 to %d items at a time.") % MAX_ITEMS
        raise Invalid(detail, problems=[Problem("/items", "length", detail)])
    payloads, problems = [], []
    for index, item in enumerate(items):
        try:
            payloads.append(check_payload(item))
        except InvalidPayload as invalid:
            problems += [Problem(f"/items/{index}{p.pointer}", p.code, p.detail) for p in invalid.problems]
    if problems:
        raise Invalid(_("Some of the items cannot be read."), problems=problems)
    return payloads


def _row(
    version: ModelVersion, actor: User | None, payload: Mapping[str, Any], answer: serving.Answer
) -> Prediction:
    redacted, maps = redaction.redact_payload(payload)
    return Prediction(
        version=version,
        requested_by=actor,
        payload=redacted,
        shifts=redaction.maps_to_json(maps),
        value=redaction.carry(answer.value, maps),
        confidence=answer.confidence,
    )
