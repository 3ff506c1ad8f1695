"""How content people are with a model's answers, by version and over time."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from training.engine.evaluation.resampling import wilson
from training.models import Model

_BY_WEEK = """
SELECT v.number, date_trunc('week', f.created_at)::date AS week, count(*),
       count(*) FILTER (WHERE CASE WHEN f.correction IS NOT NULL THEN f.correction = p.value
                                   WHEN f.thumbs IS NOT NULL THEN f.thumbs > 0 ELSE f.rating >= 4 END),
       avg(f.rating)
FROM training_feedback f
JOIN training_prediction p ON p.id = f.prediction_id
JOIN training_modelversion v ON v.id = p.version_id
WHERE v.model_id = %s AND (f.thumbs IS NOT NULL OR f.rating <> 3 OR f.correction IS NOT NULL)
GROUP BY 1, 2 ORDER BY 2, 1
"""


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


def by_week(model: Model) -> list[Week]:
    with connection.cursor() as cursor:
        cursor.execute(_BY_WEEK, [model.pk])
        return [
            Week(number, week, voices, content, None if stars is None else float(stars))
            for number, week, voices, content, stars in cursor.fetchall()
        ]
