"""Asking a model."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common.errors import Conflict, Invalid, Problem, Unavailable
from privacy.pii.finding import Scope
from privacy.pii.offsets import OffsetMap
from privacy.services import learning
from privacy.services.keeping import refuse_gone
from tasks_app.fields.payload import check_payload
from tasks_app.fields.problem import InvalidPayload
from training import asking, besides, redaction, serving
from training.engine.errors import EngineError
from training.leaks import refuse_canaries
from training.micro_batching import Overloaded, Pass
from training.models import Model, ModelVersion, Prediction
from training.services.registry import refuse_quarantined

logger = logging.getLogger(__name__)
MAX_ITEMS = 100
Subjects = Sequence[UUID | None]  # ids of DataSubject
WRITES = "text"  # the head whose answers are words of its own


@dataclass(frozen=True, slots=True)
class Predicted:
    """What came of a request: `answers` speak of the texts as they were sent, `predictions` as stored.

    `seconds`: what each part of the work took. `together`: texts in the pass, those of others included.
    """

    version: ModelVersion
    answers: Sequence[serving.Answer]
    predictions: list[Prediction]
    seconds: Mapping[str, float]
    together: int

    @property
    def wrote(self) -> bool:
        """Whether the answers are words of the model's own."""
        return self.version.model.head == WRITES


def predict(
    *,
    model: Model,
    items: Sequence[object],
    actor: User | None,
    version: ModelVersion | None = None,
    fallback: ModelVersion | None = None,
    subjects: Subjects = (),
) -> Predicted:
    """Have the version in production (or the one named) answer each item; texts are stored redacted.

    `fallback` answers where the version named cannot be loaded. subjects: of each item, whose it is; nothing
    is stored of somebody who was erased or restricted while the model was asked.

    Raises Invalid with pointers such as "/items/0/turns", Conflict where nothing is in production or one of
    the subjects is gone (`subject_erased`) or `restricted`, Unavailable where too many others ask at the
    same moment.
    """
    apart = [besides.taken_apart(model, item) for item in items]
    payloads = _check([item for item, _beside in apart])
    version = version or model.versions.filter(stage=ModelVersion.Stage.PRODUCTION).first()
    if version is not None and version.quarantined_at is not None:
        refuse_quarantined(version)
    if version is not None and version.stage == ModelVersion.Stage.ARCHIVED:
        raise Conflict(_("Version %d is archived and answers nobody. Restore it first.") % version.number)
    if version is None and model.versions.filter(quarantined_at__isnull=False).exists():
        raise Conflict(
            _("This model is switched off: its versions learned from data that was erased since."),
            code="model_quarantined",
        )
    if version is not None:
        refuse_canaries(version)
    if version is None:
        raise Conflict(_("No version of this model is in production yet. Promote one."), code="no_version")
    payloads = besides.complete(
        version, model, payloads, [beside for _item, beside in apart],
        ask=lambda other, asked: _answers(other, None, asked)[1].answers,
    )  # fmt: skip
    clock = Clock()
    redacted = _redacted(model, payloads)
    clock.note("redact")
    version, found = _answers(version, fallback, payloads)
    clock.note("answer")
    rows = _store(version, redacted, found.answers, actor, subjects)
    clock.note("database")
    seconds = {**clock.seconds, **found.seconds}
    return Predicted(version, found.answers, rows, seconds, found.together)


def keep_answers(
    *,
    version: ModelVersion,
    payloads: Sequence[Mapping[str, Any]],
    answers: Sequence[serving.Answer],
    actor: User | None,
    subjects: Subjects = (),
) -> list[Prediction]:
    """Store what a version has answered already, redacted, so that people can say what they think of it.

    For whoever asks about more than is shown: only what people see becomes a prediction. `payloads` are
    checked ones.
    """
    return _store(version, _redacted(version.model, payloads), answers, actor, subjects)


def _redacted(
    model: Model, payloads: Sequence[Mapping[str, Any]]
) -> list[tuple[redaction.Payload, list[OffsetMap]]]:
    scope, learned = cast(Scope, model.project.privacy_scope), learning.learned_by(model.project_id)
    return [redaction.redact_payload(payload, scope, learned) for payload in payloads]


def _store(
    version: ModelVersion,
    redacted: Sequence[tuple[redaction.Payload, list[OffsetMap]]],
    answers: Sequence[serving.Answer],
    actor: User | None,
    subjects: Subjects,
) -> list[Prediction]:
    actor_id = actor.pk if actor else None
    rows = [_row(version, actor_id, kept, answer) for kept, answer in zip(redacted, answers, strict=True)]
    for row, subject in zip(rows, subjects, strict=False):
        row.subject = subject
    if any(subjects):
        with transaction.atomic():
            refuse_gone(subjects)
            asking.store_predictions(rows)
    else:
        asking.store_predictions(rows)
    return rows


def _answers(
    version: ModelVersion, fallback: ModelVersion | None, payloads: Sequence[Mapping[str, Any]]
) -> tuple[ModelVersion, Pass[serving.Answer]]:
    try:
        return version, serving.answers_of(version, payloads)
    except (EngineError, FileNotFoundError) as error:
        if fallback is not None and fallback.pk != version.pk:
            logger.warning("Version %s cannot answer; %s does: %s", version.pk, fallback.pk, error)
            return _answers(fallback, None, payloads)
        raise Unavailable(_("This model cannot be loaded: %s") % error, code="model_unusable") from error
    except Overloaded as error:
        raise Unavailable(
            _("Too many questions to this model wait already. Try again in a moment."), code="overloaded"
        ) from error


class Clock:
    """Seconds from one note to the next."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def note(self, part: str) -> None:
        now = time.perf_counter()
        self.seconds[part] = now - self._last
        self._last = now


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
    version: ModelVersion,
    actor_id: UUID | None,
    kept: tuple[redaction.Payload, list[OffsetMap]],
    answer: serving.Answer,
) -> Prediction:
    payload, maps = kept
    return asking.new_prediction(
        version=version,
        requested_by_id=actor_id,
        payload=payload,
        shifts=redaction.maps_to_json(maps),
        value=_kept_value(version, answer.value, maps),
        confidence=answer.confidence,
    )


def _kept_value(version: ModelVersion, value: Any, maps: list[OffsetMap]) -> Any:
    """What was answered, in the stored text's offsets; what a model wrote is redacted as well."""
    if isinstance(value, str) and version.model.head == WRITES:
        return redaction.redact_text(value)
    return redaction.carry(value, maps)
