"""What a feed chooses from: read by statements that leave out, first of all, what is below the floor."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection

from applications.social_content.floor import InForce, Verdict
from applications.social_content.ranking import Candidate, Vector, Weights

MOST_NEAR = 120
# The same rule as floor.may_be_shown, which looks at every row again.
_ALLOWED = """p.project_id = %(project)s AND NOT p.restricted AND (p.decided OR (
    p.decided IS NULL AND p.version_id = %(version)s AND p.score >= %(threshold)s))"""
_COLUMNS = """p.id, p.score, p.version_id, p.decided, p.boost, p.text,
    extract(epoch FROM now() - p.posted_at)::float8 / 86400"""
_NEWEST = f"""
SELECT {_COLUMNS} FROM social_content_post p WHERE {_ALLOWED} ORDER BY p.posted_at DESC, p.id LIMIT %(most)s
"""  # noqa: S608 - only our own names are put in
# A vector of another encoder's length is near to nothing, until its post has been read again.
_NEAREST = f"""
WITH near AS MATERIALIZED (
    SELECT p.id, p.boost, extract(epoch FROM now() - p.posted_at)::float8 / 86400 AS age,
        CASE WHEN vector_dims(p.vector) = %(length)s THEN 1 - (p.vector <=> %(vector)s::vector) ELSE 0 END
            AS similarity
    FROM social_content_post p WHERE {_ALLOWED}),
best AS (
    SELECT id, similarity, %(near)s * similarity + least(greatest(boost, -1), 1)
        + %(recent)s * power(2, -least(greatest(age, 0) / %(half_life)s, 1000)) AS mark
    FROM near ORDER BY mark DESC, id LIMIT %(most)s)
SELECT {_COLUMNS}, b.similarity, CASE WHEN %(apart)s THEN p.vector::text END
FROM best b JOIN social_content_post p ON p.id = b.id ORDER BY b.mark DESC, p.id
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Pool:
    candidates: list[Candidate]
    texts: Mapping[UUID, str]
    vectors: Mapping[UUID, Vector]


def newest(project_id: UUID, floor: InForce | None, most: int) -> list[Candidate]:
    rows = _rows(_NEWEST, {**_terms(project_id, floor), "most": most})
    return [_candidate(row) for row in rows]


def nearest(project_id: UUID, floor: InForce | None, vector: Vector, weights: Weights) -> Pool:
    """The MOST_NEAR by similarity, recency and boost, best first; `vector` of unit length."""
    rows = _rows(_NEAREST, {
        **_terms(project_id, floor), "most": MOST_NEAR, "vector": _text(vector), "length": len(vector),
        "near": weights.similarity + weights.match, "recent": weights.recency,
        "half_life": max(weights.half_life, 1e-3), "apart": weights.diversity > 0,
    })  # fmt: skip
    return Pool(
        [_candidate(row, float(row[7] or 0.0)) for row in rows],
        {row[0]: row[5] for row in rows},
        {row[0]: np.fromstring(row[8][1:-1], dtype=np.float32, sep=",") for row in rows if row[8]}
        if weights.diversity > 0
        else {},
    )


def _terms(project_id: UUID, floor: InForce | None) -> dict[str, Any]:
    """Without a floor no version is equal to none, so that only people's decisions count."""
    return {
        "project": project_id,
        "version": floor.version if floor else None,
        "threshold": floor.threshold if floor else 2.0,
    }


def _candidate(row: Any, similarity: float = 0.0) -> Candidate:
    identity, score, version, decided, boost, _text_, age = row[:7]
    return Candidate(identity, Verdict(score, version, decided), float(age), similarity, None, boost)


def _rows(statement: str, terms: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, terms)
        return list(cursor.fetchall())


def _text(vector: Vector) -> str:
    return "[" + ",".join(f"{value:.6g}" for value in vector) + "]"
