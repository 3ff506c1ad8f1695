"""Finding approved answers: by meaning and by words, the two rankings fused."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from pgvector import HalfVector

from applications.customer_service.approval import standing
from applications.customer_service.lexical import bm25, fuse, words_of
from applications.customer_service.models import Pair
from tasks_app.models import Project
from training.engine.arrays import Floats

CANDIDATES = 50
_WORDS = 4  # the rarest of a question; common ones would bring half of a million rows
_BY_WORD = 300  # rows that one word may bring
EF_SEARCH = 100
LOOKED_AT = 20  # of what was found; the first of them that is near enough is the answer
MOST_CITED = 3
# Where no threshold is known to be right often enough only the very same question is known.
SAME_QUESTION = 0.99
_NEAREST = """
SELECT id, 1 - (vector::halfvec({width}) <=> %(vector)s::halfvec({width}))
FROM customer_service_pair
WHERE dimensions = {width} AND project_id = %(project)s AND is_on AND stands AND encoder = %(encoder)s
  AND (%(language)s = '' OR language IN ('', %(language)s))
ORDER BY vector::halfvec({width}) <=> %(vector)s::halfvec({width}) LIMIT %(count)s
"""
_HOLDING = """
SELECT id, words FROM customer_service_pair
WHERE words @> ARRAY[%(word)s] AND project_id = %(project)s AND is_on AND stands
  AND (%(language)s = '' OR language IN ('', %(language)s)) LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Found:
    """similarity: cosine to the question asked; None for what only its words found."""

    pair: Pair
    similarity: float | None


def find(*, project: Project, text: str, vector: Floats, language: str = "", count: int = 5) -> list[Found]:
    """Best first. language: only pairs in it (and those in none); "" searches all languages together.

    vector: (D) of unit length, by the encoder of the site; pairs of another encoder are not found by it.
    """
    near = nearest(project=project.pk, vector=vector, language=language)
    ranked = fuse(list(near), by_words(project=project.pk, words=words_of(text), language=language))
    # Twice as many as are wanted: some may have lost their approval a moment ago.
    rows = Pair.objects.filter(pk__in=ranked[: 2 * count]).defer("vector", "words")
    pairs = standing(rows).select_related("item").in_bulk()
    return [Found(pairs[one], near.get(one)) for one in ranked if one in pairs][:count]


def near_enough(found: Sequence[Found], least: float) -> list[Found]:
    """What is shown: in the order found, those at least so alike, each answer once."""
    seen: dict[str, Found] = {}
    for one in found:
        if one.similarity is not None and one.similarity >= least:
            seen.setdefault(one.pair.answer, one)
    return list(seen.values())[:MOST_CITED]


def nearest(*, project: UUID, vector: Floats, language: str, count: int = CANDIDATES) -> dict[UUID, float]:
    """Cosine of the nearest pairs, nearest first."""
    values: dict[str, Any] = {
        "vector": HalfVector(vector.tolist()).to_text(), "project": project, "count": count,
        "encoder": settings.BASE_MODEL, "language": language,
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        # Rows of other projects are left out after the index gave them: it goes on until there are enough.
        cursor.execute("SET LOCAL hnsw.iterative_scan = strict_order")
        cursor.execute(f"SET LOCAL hnsw.ef_search = {EF_SEARCH}")
        cursor.execute(_NEAREST.format(width=int(vector.shape[0])), values)
        return {row[0]: float(row[1]) for row in cursor.fetchall()}


def by_words(*, project: UUID, words: Sequence[str], language: str) -> list[UUID]:
    """Pairs that hold the rarest words, by BM25 among them."""
    held: dict[str, list[tuple[UUID, Any]]] = {}
    with connection.cursor() as cursor:
        for word in sorted(set(words), key=len, reverse=True)[: 2 * _WORDS]:
            cursor.execute(
                _HOLDING, {"word": word, "project": project, "language": language, "most": _BY_WORD}
            )
            held[word] = cursor.fetchall()
    rarest = sorted((word for word in held if held[word]), key=lambda word: len(held[word]))[:_WORDS]
    rows = {row[0]: row[1] for word in rarest for row in held[word]}
    if not rows:
        return []
    counts = {word: len(held[word]) for word in held}
    total = max(len(rows), 2 * max(counts.values()))
    scores = bm25(list(held), list(rows.values()), counts=counts, total=total)
    order = sorted(zip(scores, map(str, rows), rows, strict=True), key=lambda one: (-one[0], one[1]))
    return [one for _score, _name, one in order][:CANDIDATES]
