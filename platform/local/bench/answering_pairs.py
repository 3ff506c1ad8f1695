"""`python -m local.bench.answering_pairs`: a project of approved answers, asked as customer service asks it.

Reads the number of pairs; prints figures as JSON; runs in an installation's environment. Vectors are drawn
around 2,000 centres, as questions gather around what people ask; the words follow Zipf's law. A question is a
stored one with noise (cosine about 0.9), so that its neighbours are real ones: the stored one, which should
come first (`found_itself`), and hundreds of its topic, almost equally far, of which the index may miss some.
"""

import json
import statistics
import sys
import time
from collections.abc import Iterator
from io import StringIO
from typing import Any
from uuid import uuid4

import django
import numpy as np

WIDTH, CENTRES, WORDS, QUERIES, EXACT, AT = 384, 2_000, 50_000, 300, 60, 10
CHUNK = 10_000
INDEXES = ("pair_vector_384", "pair_words")


def main() -> None:
    django.setup()
    print(json.dumps(measure(int(sys.stdin.read()))))


def measure(count: int) -> dict[str, float]:
    # Models can be loaded only after django.setup().
    from django.db import connection  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415
    from applications.customer_service.models import Pair  # noqa: PLC0415
    from tasks_app.services.projects import create_project  # noqa: PLC0415

    owner = User.objects.create(email=f"{uuid4()}@example.org")
    project = create_project(owner=owner, template="customer-service")
    dice = np.random.default_rng(0)
    indexes = [one for one in Pair._meta.indexes if one.name in INDEXES]
    with connection.schema_editor() as editor:
        for one in indexes:
            editor.remove_index(Pair, one)
    sample = _fill(connection, project.pk, count, dice)
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '2GB'")
    with connection.schema_editor() as editor:
        for one in indexes:
            editor.add_index(Pair, one)
    built = time.perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE customer_service_pair")
        cursor.execute("SELECT pg_relation_size('pair_vector_384') / 1e6")
        size = cursor.fetchone()[0]
    return {
        "build_seconds": round(built, 1),
        "index_mb": round(float(size), 1),
        **_ask(project, sample, dice),
    }


def _fill(connection: Any, project: Any, count: int, dice: Any) -> list[tuple[Any, str]]:
    """COPY; returns some of the vectors with their texts."""
    from applications.customer_service.models import Pair  # noqa: PLC0415

    columns = (
        "id, project_id, question, answer, language, source, digest, is_on, edited, words, vector, "
        "dimensions, encoder, created_at"
    )
    centres = _unit(dice.normal(size=(CENTRES, WIDTH)))
    kept: list[tuple[Any, str]] = []
    for start in range(0, count, CHUNK):
        vectors = _near(centres[dice.integers(0, CENTRES, min(CHUNK, count - start))], 0.9, dice)
        texts = [" ".join(f"w{n}" for n in row) for row in _zipf(dice, len(vectors))]
        lines = "".join(_lines(project, start, texts, vectors))
        with connection.cursor() as cursor:
            cursor.cursor.copy_expert(f"COPY {Pair._meta.db_table} ({columns}) FROM STDIN", StringIO(lines))
        kept += [(vectors[n], texts[n]) for n in range(0, len(vectors), max(1, count // QUERIES))]
    return kept[:QUERIES]


def _lines(project: Any, start: int, texts: list[str], vectors: Any) -> Iterator[str]:
    for number, (text, vector) in enumerate(zip(texts, vectors, strict=True), start=start):
        values = "[" + ",".join(f"{value:.4f}" for value in vector) + "]"
        words = "{" + ",".join(text.split()) + "}"
        yield "\t".join(
            (str(uuid4()), str(project), text, f"answer {number}", "en", "file", f"{number:064d}", "t", "f",
             words, values, str(WIDTH), "starter", "2026-01-01")
        ) + "\n"  # fmt: skip


def _ask(project: Any, sample: list[tuple[Any, str]], dice: Any) -> dict[str, float]:
    from django.db import connection, transaction  # noqa: PLC0415

    from applications.customer_service import retrieval  # noqa: PLC0415

    vectors = _near(np.stack([vector for vector, _text in sample]), 0.9, dice)
    seconds, shares, itself = [], [], []
    for number, (vector, (_own, text)) in enumerate(zip(vectors, sample, strict=True)):
        began = time.perf_counter()
        retrieval.find(project=project, text=text, vector=vector, language="en")
        seconds.append(time.perf_counter() - began)
        if number >= EXACT:
            continue
        found = list(retrieval.nearest(project=project.pk, vector=vector, language="en"))[:AT]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_indexscan = off")
            exact = list(retrieval.nearest(project=project.pk, vector=vector, language="en"))[:AT]
        shares.append(len(set(found) & set(exact)) / AT)
        itself.append(found[0] == exact[0])
    seconds = seconds[10:] or seconds  # the first ones read the index from the disk
    return {
        "ask_p50_ms": round(1000 * statistics.median(seconds), 1),
        "ask_p95_ms": round(1000 * statistics.quantiles(seconds, n=20, method="inclusive")[-1], 1),
        "recall_at_10": round(statistics.fmean(shares), 4),
        "found_itself": round(statistics.fmean(itself), 4),
        "queries": len(sample),
    }


def _unit(vectors: Any) -> Any:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def _near(vectors: Any, cosine: float, dice: Any) -> Any:
    """Vectors at about this cosine to those given."""
    noise = _unit(dice.normal(size=vectors.shape))
    return _unit(cosine * vectors + (1 - cosine**2) ** 0.5 * noise)


def _zipf(dice: Any, rows: int) -> Any:
    """(rows, 8) numbers of words: the n-th most frequent one is 1 / n as frequent as the first."""
    chances = 1 / np.arange(1, WORDS + 1)
    return np.searchsorted(np.cumsum(chances / chances.sum()), dice.random((rows, 8)))


if __name__ == "__main__":
    main()
