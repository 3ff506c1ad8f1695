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
# Rows that hold a word, as the planner knows it. The index lists them all before the first of them is read,
# so that one word which half of a million pairs hold would take longer than all the rest of a search.
_MOST_HELD = 20_000
# Of a million pairs around 2,000 topics, 100 found the very question again for 76 of 100, and 800 for 97, for
# some five milliseconds more (`bench answers --items 1000000`).
EF_SEARCH = 800
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
WHERE words @> %(held)s::text[] AND project_id = %(project)s AND is_on AND stands
  AND (%(language)s = '' OR language IN ('', %(language)s)) LIMIT %(most)s
"""
# The statistics tell the share of rows for the thousand most frequent words; others are rare.
_HOW_MANY = """
SELECT word, share * reltuples FROM pg_stats, pg_class,
  unnest(most_common_elems::text::text[], most_common_elem_freqs) AS often (word, share)
WHERE schemaname = current_schema() AND tablename = 'customer_service_pair' AND attname = 'words'
  AND pg_class.oid = 'customer_service_pair'::regclass AND word = ANY(%(words)s)
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
    """Pairs that hold the rarest words, by BM25 among them.

    Of words that very many pairs hold none is looked up by itself; where the others find nothing, the pairs
    are asked for that hold all of the common ones.
    """
    held: dict[str, list[tuple[UUID, Any]]] = {}
    with connection.cursor() as cursor:
        rare, common = _by_rarity(cursor, sorted(set(words), key=lambda word: (-len(word), word)))
        for together in [*([word] for word in rare), common]:
            if not together or len(held) == _WORDS or (together is common and held):
                continue
            values: dict[str, Any] = {
                "held": together, "project": project, "language": language, "most": _BY_WORD,
            }  # fmt: skip
            cursor.execute(_HOLDING, values)
            if found := cursor.fetchall():
                held |= dict.fromkeys(together, found)
    if not held:
        return []
    rows = {row[0]: row[1] for found in held.values() for row in found}
    counts = {word: len(found) for word, found in held.items()}
    total = max(len(rows), 2 * max(counts.values()))
    scores = bm25(list(held), list(rows.values()), counts=counts, total=total)
    order = sorted(zip(scores, map(str, rows), rows, strict=True), key=lambda one: (-one[0], one[1]))
    return [one for _score, _name, one in order][:CANDIDATES]


def _by_rarity(cursor: Any, words: list[str]) -> tuple[list[str], list[str]]:
    """Words worth looking up, rarest first, and those that too many pairs hold."""
    cursor.execute(_HOW_MANY, {"words": words})
    many = dict(cursor.fetchall())
    known = sorted(words[: 2 * _WORDS], key=lambda word: many.get(word, 0))
    rare = [word for word in known if many.get(word, 0) <= _MOST_HELD]
    return rare, [word for word in known if word not in rare]
