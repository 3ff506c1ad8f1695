"""How content people are with a model's answers, by version and over time."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from training.engine.evaluation.resampling import wilson
from training.models import Model

# A voice says whether it is content; three stars alone say neither.
_VOICE = "(f.thumbs IS NOT NULL OR f.rating <> 3 OR f.correction IS NOT NULL)"
_CONTENT = """CASE WHEN f.correction IS NOT NULL THEN f.correction = p.value
            WHEN f.thumbs IS NOT NULL THEN f.thumbs > 0 ELSE f.rating >= 4 END"""
_BY_WEEK = f"""
SELECT v.number, date_trunc('week', f.created_at)::date AS week, count(*),
       count(*) FILTER (WHERE {_CONTENT}), avg(f.rating)
FROM training_feedback f
JOIN training_prediction p ON p.id = f.prediction_id
JOIN training_modelversion v ON v.id = p.version_id
WHERE v.model_id = %s AND {_VOICE}
GROUP BY 1, 2 ORDER BY 2, 1
"""  # noqa: S608 - only our own words are put in
_BETWEEN = f"""
SELECT count(*), count(*) FILTER (WHERE {_CONTENT})
FROM training_feedback f
JOIN training_prediction p ON p.id = f.prediction_id
JOIN training_modelversion v ON v.id = p.version_id
WHERE v.model_id = %(model)s AND (%(version)s::uuid IS NULL OR v.id = %(version)s::uuid)
  AND f.created_at >= %(begin)s AND f.created_at < %(end)s AND {_VOICE}
"""  # noqa: S608 - only our own words are put in


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


def by_week(model: Model) -> list[Week]:
    with connection.cursor() as cursor:
        cursor.execute(_BY_WEEK, [model.pk])
        return [
            Week(number, week, voices, content, None if stars is None else float(stars))
            for number, week, voices, content, stars in cursor.fetchall()
        ]
