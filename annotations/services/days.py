"""What a person has handed in today. `submission` counts an answer in time within its own statement."""

from annotations.models import Answer
from common.prepared import Prepared

_COUNT = Prepared("""
INSERT INTO annotations_workerday AS d (worker_id, day, currency, answers, earned_minor)
VALUES (%(worker)s, (%(at)s::timestamptz AT TIME ZONE 'UTC')::date, %(currency)s, 1, %(earned)s)
ON CONFLICT (worker_id, day, currency) DO UPDATE
SET answers = d.answers + 1, earned_minor = d.earned_minor + excluded.earned_minor
RETURNING answers
""")


def count_late(answer: Answer, *, currency: str, earned_minor: int) -> None:
    """An answer that came too late belongs to the day's work as well."""
    _COUNT.rows(worker=answer.worker_id, at=answer.created_at, currency=currency, earned=earned_minor)
