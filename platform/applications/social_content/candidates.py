"""What a feed chooses from: read by statements that leave out, first of all, what is below the floor."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection, transaction

from applications.social_content.floor import InForce, Verdict
from applications.social_content.ranking import Candidate, Vector, Weights

MOST_NEAR = 120
WINDOW = 5_000  # of the newest: a feed is of these, and beyond them only of what an index finds
INDEXED = (384, 512, 768, 1024)  # sizes of vectors for which migration 0002 has an index
_FAR, _PROMOTED, _EF_SEARCH = 400, 200, 400
# The same rule as floor.may_be_shown, which looks at every row again.
_ALLOWED = """p.project_id = %(project)s AND NOT p.restricted AND (p.decided OR (
    p.decided IS NULL AND p.version_id = %(version)s AND p.score >= %(threshold)s
    AND p.tongues <@ %(tongues)s::varchar[]))"""
_COLUMNS = """p.id, p.score, p.version_id, p.decided, p.boost, p.text, p.tongues,
    extract(epoch FROM now() - p.posted_at)::float8 / 86400"""
_NEWEST = f"""
SELECT {_COLUMNS} FROM social_content_post p WHERE {_ALLOWED} ORDER BY p.posted_at DESC, p.id LIMIT %(most)s
"""  # noqa: S608 - only our own names are put in
_MANY = f"""
SELECT count(*) FROM (SELECT 1 FROM social_content_post p WHERE {_ALLOWED} LIMIT %(window)s + 1) AS found
"""  # noqa: S608
# Older ones come in by their vectors or because they are promoted, each by an index.
_OLDER = """
    UNION (SELECT p.id FROM social_content_post p WHERE {allowed} AND vector_dims(p.vector) = {size}
        ORDER BY p.vector::vector({size}) <=> %(vector)s::vector({size}) LIMIT %(far)s)
    UNION (SELECT p.id FROM social_content_post p WHERE {allowed} AND p.boost > 0
        ORDER BY p.boost DESC LIMIT %(promoted)s)"""
# A vector of another encoder's length is near to nothing, until its post has been read again.
_NEAREST = f"""
WITH pool AS MATERIALIZED (
    (SELECT p.id FROM social_content_post p WHERE {_ALLOWED} ORDER BY p.posted_at DESC LIMIT %(window)s)
    --older--
),
near AS MATERIALIZED (
    SELECT p.id, p.boost, extract(epoch FROM now() - p.posted_at)::float8 / 86400 AS age,
        CASE WHEN vector_dims(p.vector) = %(length)s THEN 1 - (p.vector <=> %(vector)s::vector) ELSE 0 END
            AS similarity
    FROM social_content_post p JOIN pool ON pool.id = p.id),
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
    """The MOST_NEAR by similarity, recency and boost, best first; `vector` of unit length.

    Likened are the WINDOW newest; where there are more, also those that an index finds: approximately the
    nearest (HNSW, Malkov & Yashunin 2018), and the most promoted.
    """
    terms = {
        **_terms(project_id, floor), "most": MOST_NEAR, "vector": _text(vector), "length": len(vector),
        "near": weights.similarity + weights.match, "recent": weights.recency,
        "half_life": max(weights.half_life, 1e-3), "apart": weights.diversity > 0,
        "window": WINDOW, "far": _FAR, "promoted": _PROMOTED,
    }  # fmt: skip
    with transaction.atomic():
        rows = _rows(_NEAREST.replace("--older--", _older(terms)), terms)
    return Pool(
        [_candidate(row, float(row[8] or 0.0)) for row in rows],
        {row[0]: row[5] for row in rows},
        {row[0]: np.fromstring(row[9][1:-1], dtype=np.float32, sep=",") for row in rows if row[9]}
        if weights.diversity > 0
        else {},
    )


def _older(terms: dict[str, Any]) -> str:
    size = terms["length"]
    if size not in INDEXED or _rows(_MANY, terms)[0][0] <= terms["window"]:
        return ""
    with connection.cursor() as cursor:
        # Goes on through the graph until enough are found that are allowed and this project's.
        cursor.execute("SET LOCAL hnsw.iterative_scan = relaxed_order")
        cursor.execute(f"SET LOCAL hnsw.ef_search = {_EF_SEARCH}")
    return _OLDER.format(allowed=_ALLOWED, size=size)


def _terms(project_id: UUID, floor: InForce | None) -> dict[str, Any]:
    """Without a floor no version is equal to none, so that only people's decisions count."""
    return {
        "project": project_id,
        "version": floor.version if floor else None,
        "threshold": floor.threshold if floor else 2.0,
        "tongues": sorted(floor.tongues) if floor else [],
    }


def _candidate(row: Any, similarity: float = 0.0) -> Candidate:
    identity, score, version, decided, boost, _text_, spoken, age = row[:8]
    tongues = frozenset(spoken) if spoken is not None else None
    return Candidate(identity, Verdict(score, version, decided, tongues), float(age), similarity, None, boost)


def _rows(statement: str, terms: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, terms)
        return list(cursor.fetchall())


def _text(vector: Vector) -> str:
    return "[" + ",".join(f"{value:.6g}" for value in vector) + "]"
