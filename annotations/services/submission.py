"""An answer comes in: stored once, counted once, whatever happens on the way."""

import json
from dataclasses import dataclass, replace
from typing import Any, cast
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations import tasks
from annotations.models import Answer
from annotations.services import days
from common import audit
from common.errors import Conflict, Invalid, Problem
from common.gate import json_through_gate
from common.idempotency import refuse_other_body
from common.ids import uuid7
from common.prepared import Prepared
from common.queueing import enqueue_soon
from tasks_app import selectors
from tasks_app.fields.problem import InvalidAnswer
from tasks_app.fields.schema import check_answer
from tasks_app.models import Assignment
from tasks_app.services.late import Late, close_late
from tasks_app.typed_answers import gate_answer

_ANSWERED = {Assignment.State.SUBMITTED, Assignment.State.LATE}


@dataclass(frozen=True)
class Receipt:
    """The stored answer, and what the person has done since midnight (UTC), this answer included."""

    answer_id: UUID
    count: int
    earned_minor: int
    currency: str
    late: Late | None = None


_Stored = tuple[int, int]  # today's count and earnings
# Only a repeated request counts the day's answers one by one.
_TODAY_UNTIL = """
    SELECT count(*) AS count, coalesce(sum(s.reward_minor), 0) AS earned
    FROM annotations_answer a
    JOIN tasks_app_assignment s ON s.id = a.assignment_id
    JOIN tasks_app_project p ON p.id = a.project_id
    WHERE a.worker_id = %(worker)s AND a.state <> 'rejected' AND p.currency = %(currency)s
      AND a.created_at >= date_trunc('day', %(until)s AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
      AND a.created_at <= %(until)s
"""
# One statement, so that no moment exists in which the answer is there and the lease still open, or the
# other way round. The lease's row decides: of a submit, its double and the lease's end at the same moment,
# the first to lock the row wins, and the others find it no longer leased.
SUBMIT_SQL = """
WITH closed AS (
    UPDATE tasks_app_assignment SET state = 'submitted', closed_at = clock_timestamp(), seconds = %(seconds)s
    WHERE id = %(assignment)s AND worker_id = %(worker)s
      AND state = 'leased' AND lease_expires_at > clock_timestamp()
      AND (%(key)s::text = '' OR NOT EXISTS (SELECT 1 FROM annotations_answer k
                                       WHERE k.worker_id = %(worker)s AND k.idempotency_key = %(key)s))
    RETURNING id, project_id, item_id, worker_id, schema_version_id, reward_minor, closed_at
), counted AS (
    UPDATE tasks_app_item i
    SET submitted = i.submitted + 1,
        needs_aggregation = i.needs_aggregation OR i.submitted + 1 >= i.slots OR i.gold IS NOT NULL
    FROM closed WHERE i.id = closed.item_id
    RETURNING i.id
), answered AS (
    INSERT INTO annotations_answer
        (id, assignment_id, project_id, item_id, worker_id, schema_version_id, source, value, seconds, edits,
         state, reason, idempotency_key, request_hash, created_at)
    SELECT %(answer)s, closed.id, closed.project_id, closed.item_id, closed.worker_id,
           closed.schema_version_id, 'crowd', %(value)s::jsonb, %(seconds)s, %(edits)s::jsonb, 'pending', '',
           %(key)s, %(hash)s, closed.closed_at
    FROM closed JOIN counted ON counted.id = closed.item_id
    RETURNING id
), today AS (
    INSERT INTO annotations_workerday AS d (worker_id, day, currency, answers, earned_minor)
    SELECT worker_id, (closed_at AT TIME ZONE 'UTC')::date, %(currency)s, 1, reward_minor
    FROM closed, answered
    ON CONFLICT (worker_id, day, currency) DO UPDATE
    SET answers = d.answers + 1, earned_minor = d.earned_minor + excluded.earned_minor
    RETURNING day, answers, earned_minor
), taken_back AS (
    SELECT count(*) AS answers, coalesce(sum(s.reward_minor), 0) AS earned_minor
    FROM annotations_answer a
    JOIN tasks_app_assignment s ON s.id = a.assignment_id
    JOIN tasks_app_project p ON p.id = a.project_id
    WHERE a.worker_id = %(worker)s AND a.state = 'rejected' AND p.currency = %(currency)s
      AND a.created_at >= (SELECT day FROM today)::timestamp AT TIME ZONE 'UTC'
)
SELECT today.answers - taken_back.answers, today.earned_minor - taken_back.earned_minor FROM today, taken_back
"""
_SUBMIT = Prepared(SUBMIT_SQL)


def submit_answer(
    *,
    assignment: Assignment,
    answer: Any,
    seconds: float = 0.0,
    edits: Any = (),
    key: str = "",
    request_hash: str = "",
    late: bool = False,
) -> Receipt:
    """Store the holder's answer and close the lease, or raise and change nothing.

    A repeated request (same key, same hash) gets the first one's receipt. Invalid (422) names every problem;
    Conflict (409) has the code lease_expired, already_submitted or idempotency_key_reused. With `late` an
    answer whose slot is gone is kept as an extra one.
    """
    if assignment.state in _ANSWERED:
        return _submitted_before(assignment, key, request_hash)
    value = _checked(assignment, answer)
    edits = json_through_gate(list(edits))
    answer_id = uuid7()
    if late and (
        assignment.state == Assignment.State.EXPIRED or assignment.lease_expires_at < timezone.now()
    ):
        return _keep_late(assignment, value, seconds, edits, key, request_hash)
    parameters = {
        "assignment": assignment.pk,
        "worker": assignment.worker_id,
        "currency": assignment.project.currency,
        "answer": answer_id,
        "value": json.dumps(value),
        "seconds": seconds,
        "edits": json.dumps(edits),
        "key": key,
        "hash": request_hash,
    }
    row = _store(parameters)
    if row is None:
        return _refuse(assignment, key, request_hash)
    # Asked for whatever the item is: the time that an answer takes must not tell which items are gold.
    enqueue_soon(tasks.aggregate_project, assignment.project_id)
    count, earned = row
    return Receipt(answer_id, count, int(earned), assignment.project.currency)


def _checked(assignment: Assignment, answer: Any) -> dict[str, Any]:
    fields = selectors.schema_fields(assignment.schema_version_id)
    try:
        value = check_answer(fields, answer, assignment.item.payload)
    except InvalidAnswer as invalid:
        problems = [Problem(p.pointer, p.code, p.detail) for p in invalid.problems]
        detail = _("The answer does not fit. Nothing was lost; correct it and submit again.")
        raise Invalid(detail, problems=problems) from None
    return gate_answer(fields, value, assignment.item, assignment.project)


def _store(parameters: dict[str, Any]) -> _Stored | None:
    try:
        rows = _SUBMIT.rows(**parameters)
    except IntegrityError as error:
        # Two items at the same moment under one key: only the index could see that.
        if "answer_key_once" in str(error):
            raise refuse_other_body() from None
        raise
    return cast(_Stored, rows[0]) if rows else None


def _refuse(assignment: Assignment, key: str, request_hash: str) -> Receipt:
    """Say why nothing was stored; or find that it was, by the same request a moment ago."""
    if not Assignment.objects.filter(pk=assignment.pk, worker=assignment.worker_id).exists():
        raise Conflict(_("This account was closed and its data erased."), code="account_held")
    assignment.refresh_from_db(fields=["state"])
    if assignment.state in _ANSWERED:
        return _submitted_before(assignment, key, request_hash)
    if key and Answer.objects.filter(worker_id=assignment.worker_id, idempotency_key=key).exists():
        raise refuse_other_body()
    if assignment.state == Assignment.State.WITHDRAWN:
        raise Conflict(
            _("We took this item away while you had it; you were paid for a part. Take another one."),
            code="withdrawn",
        )
    if assignment.state == Assignment.State.RETURNED:
        raise Conflict(_("You gave this item back. Take another one."), code="returned")
    raise Conflict(
        _("The time for this item ran out. Your answer is kept; take the item back and submit it again."),
        code="lease_expired",
        reclaim=f"/api/v1/assignments/{assignment.pk}/reclaim",
        late=f"/api/v1/assignments/{assignment.pk}/submit",
    )


@transaction.atomic
def _keep_late(
    assignment: Assignment, value: dict[str, Any], seconds: float, edits: Any, key: str, request_hash: str
) -> Receipt:
    closed = close_late(assignment=assignment, seconds=seconds)
    row = closed.assignment
    try:
        with transaction.atomic():
            stored = Answer.objects.create(
                assignment=row,
                project_id=row.project_id,
                item_id=row.item_id,
                worker_id=row.worker_id,
                schema_version_id=row.schema_version_id,
                value=value,
                seconds=seconds,
                edits=list(edits),
                extra=True,
                idempotency_key=key,
                request_hash=request_hash,
            )
    except IntegrityError:
        raise refuse_other_body() from None
    days.count_late(stored, currency=assignment.project.currency, earned_minor=row.reward_minor)
    audit.record("answer.late", stored, actor=row.worker_id, item=str(row.item_id), paid=closed.paid)
    return replace(_receipt(row, stored), late=closed)


def _submitted_before(assignment: Assignment, key: str, request_hash: str) -> Receipt:
    answer = Answer.objects.only("idempotency_key", "request_hash", "created_at", "extra").get(
        assignment=assignment
    )
    if not key or answer.idempotency_key != key:
        raise Conflict(_("This item was already submitted; your answer is stored."), code="already_submitted")
    if answer.request_hash != request_hash:
        raise refuse_other_body()
    receipt = _receipt(assignment, answer)
    if not answer.extra:
        return receipt
    return replace(receipt, late=Late(assignment, assignment.reward_minor > 0))


def _receipt(assignment: Assignment, answer: Answer) -> Receipt:
    currency = assignment.project.currency
    with connection.cursor() as cursor:
        cursor.execute(
            _TODAY_UNTIL,
            {"worker": assignment.worker_id, "currency": currency, "until": answer.created_at},
        )
        count, earned = cursor.fetchone()
    return Receipt(answer.pk, count, int(earned), currency)
