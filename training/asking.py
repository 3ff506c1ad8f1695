"""The statements of a prediction, each of them prepared: who may ask what, and the rows that are kept."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import Role
from common.ids import uuid7
from common.prepared import Prepared, Rows
from tasks_app.models import Project
from training.micro_batching import MicroBatcher, Pass
from training.models import Model, ModelVersion, Prediction, Rollout

_models = Rows(Model, "m")
# All that answering reads of them: whatever is missing here is one more query of each request.
_projects = Rows(Project, "p", "id", "owner_id", "privacy_scope")
_VERSION = ("id", "model_id", "number", "stage", "path", "quarantined_at")
_versions, _canaries = Rows(ModelVersion, "v", *_VERSION), Rows(ModelVersion, "t", *_VERSION)
# Requesters and admins of the site or of its project, and the project's owner.
_FIND = Prepared(
    f"""
SELECT {_models.columns}, {_projects.columns}, {_versions.columns}, c.id, c.share, {_canaries.columns}
FROM training_model m
JOIN tasks_app_project p ON p.id = m.project_id
JOIN accounts_user u ON u.id = %(user)s::uuid
LEFT JOIN training_modelversion v ON v.model_id = m.id AND v.stage = '{ModelVersion.Stage.PRODUCTION}'
LEFT JOIN training_rollout c
    ON c.model_id = m.id AND c.kind = '{Rollout.Kind.CANARY}' AND c.state = '{Rollout.State.RUNNING}'
LEFT JOIN training_modelversion t ON t.id = c.version_id AND t.stage <> '{ModelVersion.Stage.ARCHIVED}'
WHERE m.name = %(name)s AND (
    p.owner_id = u.id OR u.is_superuser OR EXISTS (
        SELECT 1 FROM accounts_membership r WHERE r.user_id = u.id AND (r.scope IS NULL OR r.scope = p.id)
        AND r.role IN ('{Role.ADMIN}', '{Role.REQUESTER}')))
"""  # noqa: S608 - only our own names are put in
)
_STORE = Prepared("""
INSERT INTO training_prediction
    (id, version_id, requested_by_id, subject, payload, shifts, value, confidence, created_at)
SELECT id, version, requested_by, subject, payload, shifts, value, confidence, now()
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS r (id uuid, version uuid, requested_by uuid, subject uuid, payload jsonb, shifts jsonb, value jsonb,
          confidence float8)
RETURNING id
""")


@dataclass(frozen=True, slots=True)
class Canary:
    """A version that answers a share of the callers, always the same ones."""

    id: UUID
    share: float
    version: ModelVersion

    def answers(self, caller: str) -> bool:
        """By a hash of the trial and the caller, so that a caller hears one version throughout a trial."""
        place = sha256(self.id.bytes + caller.encode()).digest()[:8]
        return int.from_bytes(place, "big") < self.share * 2**64


@dataclass(frozen=True, slots=True)
class Asked:
    """A model that somebody may ask, and what answers: nothing before a version was promoted."""

    model: Model
    production: ModelVersion | None
    canary: Canary | None = None

    def version_for(self, caller: str) -> ModelVersion | None:
        if self.canary is not None and self.production is not None and self.canary.answers(caller):
            return self.canary.version
        return self.production


def find_model(user_id: UUID, name: str) -> Asked | None:
    """None for a model that is not there, and for one that is not theirs to ask."""
    rows = _FIND.rows(user=user_id, name=name)
    if not rows:
        return None
    cells = iter(rows[0])
    model = _models.of(list(islice(cells, _models.width)))
    model.project = _projects.of(list(islice(cells, _projects.width)))
    production, (canary, share) = _version(model, _versions, cells), islice(cells, 2)
    tried = _version(model, _canaries, cells)
    return Asked(model, production, Canary(canary, share, tried) if tried is not None else None)


def _version(model: Model, columns: Rows[ModelVersion], cells: Iterator[Any]) -> ModelVersion | None:
    values = list(islice(cells, columns.width))
    if values[0] is None:
        return None
    version = columns.of(values)
    version.model = model
    return version


def new_prediction(**values: Any) -> Prediction:
    return Prediction(id=uuid7(), **values)


def store_predictions(rows: Sequence[Prediction]) -> None:
    """They are there when this returns: within the caller's transaction, or else with those of others.

    Requests that were answered together are stored together, in one statement and with one commit.
    """
    if connection.in_atomic_block:
        _insert(rows)
    else:
        _storing.ask(rows)


def _insert(rows: Sequence[Prediction]) -> Pass[None]:
    _STORE.rows(rows=json.dumps([_as_json(row) for row in rows]))
    return Pass([None] * len(rows), {})


def _as_json(row: Prediction) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "version": str(row.version_id),
        "requested_by": str(row.requested_by_id) if row.requested_by_id else None,
        "subject": str(row.subject) if row.subject else None,
        "payload": row.payload,
        "shifts": row.shifts,
        "value": row.value,
        "confidence": row.confidence,
    }


# Waits for nobody: those who come while one statement runs share the next one.
_storing: MicroBatcher[Prediction, None] = MicroBatcher(_insert, most_together=500, most_waiting=10_000)
