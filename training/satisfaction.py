"""How content people are with a model's answers, by version and over time."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from training.engine.evaluation.resampling import wilson
from training.models import Model

# triage.is_content in SQL: null where a voice is neither content nor not.
_CONTENT = """CASE WHEN f.correction IS NOT NULL AND f.correction IS DISTINCT FROM p.value THEN false
            WHEN f.thumbs IS NOT NULL THEN f.thumbs > 0 WHEN f.rating <> 3 THEN f.rating > 3
            WHEN f.correction IS NOT NULL THEN true END"""
_COUNTED = f"count({_CONTENT}), count(*) FILTER (WHERE {_CONTENT})"
_SAID = "training_feedback f JOIN training_prediction p ON p.id = f.prediction_id"
_BY_WEEK = f"""
SELECT v.number, date_trunc('week', f.created_at)::date AS week, {_COUNTED}, avg(f.rating)
FROM {_SAID} JOIN training_modelversion v ON v.id = p.version_id
WHERE v.model_id = %s AND {_CONTENT} IS NOT NULL
GROUP BY 1, 2 ORDER BY 2, 1
"""  # noqa: S608 - only our own words are put in
_BETWEEN = f"""
SELECT {_COUNTED}
FROM {_SAID} JOIN training_modelversion v ON v.id = p.version_id
WHERE v.model_id = %(model)s AND (%(version)s::uuid IS NULL OR v.id = %(version)s::uuid)
  AND f.created_at >= %(begin)s AND f.created_at < %(end)s
"""  # noqa: S608 - only our own words are put in
_OF_ANSWERS = f"""
SELECT {_COUNTED} FROM {_SAID} WHERE p.version_id = %s AND p.created_at >= %s
"""  # noqa: S608 - only our own words are put in
_OF_CASE = f"SELECT count(*), {_COUNTED} FROM {_SAID} WHERE f.case_id = %s"  # noqa: S608 - as above


@dataclass(frozen=True, slots=True)
class Week:
    """One version in one week: `share` of the voices was content, 95 % between `low` and `high`."""

    version: int
    week: date
    voices: int
    content: int
    stars: float | None

    @property
    def share(self) -> float:
        return self.content / self.voices

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.content, self.voices)


def between(begin: datetime, end: datetime, *, model: UUID, version: UUID | None = None) -> tuple[int, int]:
    """Voices of that time about a model's answers (or one version's), and how many were content."""
    with connection.cursor() as cursor:
        cursor.execute(_BETWEEN, {"model": model, "version": version, "begin": begin, "end": end})
        voices, content = cursor.fetchone()
    return voices, content


def of_answers(version: UUID, *, since: datetime) -> tuple[int, int]:
    """Voices about the answers that a version has given since then, and how many were content."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_ANSWERS, [version, since])
        voices, content = cursor.fetchone()
    return voices, content


def of_case(case: UUID) -> tuple[int, int, int]:
    """All who spoke of a case; how many of them were content or discontent; how many were content."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_CASE, [case])
        everybody, voices, content = cursor.fetchone()
    return everybody, voices, content


def by_week(model: Model) -> list[Week]:
    with connection.cursor() as cursor:
        cursor.execute(_BY_WEEK, [model.pk])
        return [
            Week(number, week, voices, content, None if stars is None else float(stars))
            for number, week, voices, content, stars in cursor.fetchall()
        ]
