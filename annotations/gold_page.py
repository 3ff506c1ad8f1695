"""How people do on a project's gold items, so that wrong ones stand out: the worst first."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from tasks_app.models import Item, Project

MOST = 500
# An item on which nearly everybody fails is more likely wrong than everybody is.
SUSPICIOUS_BELOW, SUSPICIOUS_FROM = 0.5, 3
_ROWS = """
SELECT i.id, i.external_id, i.gold, i.state, i.payload,
       coalesce(s.seen, 0), s.mean, coalesce(f.flags, 0), coalesce(s.appeals, 0)
FROM tasks_app_item i
LEFT JOIN LATERAL (
    SELECT count(*) AS seen, avg(e.mean) AS mean, count(ap.id) AS appeals
    FROM annotations_answer a
    LEFT JOIN LATERAL (SELECT avg(value::float) AS mean FROM jsonb_each_text(a.gold_scores)) e ON true
    LEFT JOIN annotations_appeal ap ON ap.answer_id = a.id AND ap.state = 'open'
    WHERE a.item_id = i.id AND a.gold_scores IS NOT NULL
) s ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS flags FROM tasks_app_flag f WHERE f.item_id = i.id AND f.resolved_at IS NULL
) f ON true
WHERE i.project_id = %s AND i.gold IS NOT NULL
ORDER BY s.mean NULLS LAST, i.position LIMIT %s
"""


@dataclass(frozen=True)
class GoldLine:
    """`mean`: of the scores of everybody who answered it, 0..1; None while nobody has."""

    id: UUID
    name: str
    truth: Mapping[str, Any]
    retired: bool
    text: str
    seen: int
    mean: float | None
    flags: int
    appeals: int

    @property
    def suspicious(self) -> bool:
        low = self.mean is not None and self.seen >= SUSPICIOUS_FROM and self.mean < SUSPICIOUS_BELOW
        return not self.retired and bool(low or self.flags or self.appeals)


def gold_lines(project: Project) -> list[GoldLine]:
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [project.pk, MOST])
        return [_line(*row) for row in cursor.fetchall()]


def _line(
    pk: UUID,
    name: str,
    truth: Any,
    state: str,
    payload: Any,
    seen: int,
    mean: float | None,
    flags: int,
    appeals: int,
) -> GoldLine:
    body, known = _parsed(payload), _parsed(truth)
    return GoldLine(
        pk,
        name or str(pk)[:8],
        known,
        state == Item.State.WITHDRAWN,
        _first_words(body),
        seen,
        mean,
        flags,
        appeals,
    )


def _parsed(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _first_words(payload: Mapping[str, Any]) -> str:
    turns = payload.get("turns") or [{"text": payload.get("text", "")}]
    return " / ".join(str(turn.get("text", "")) for turn in turns)[:140]
