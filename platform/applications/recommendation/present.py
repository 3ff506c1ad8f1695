"""A list as REST gives it."""

from dataclasses import asdict
from typing import Any

from applications.recommendation.models import Mixture
from applications.recommendation.services.catalogue import Pushed
from applications.recommendation.services.recommending import Answer, Recommended


def answer_json(answer: Answer) -> dict[str, Any]:
    version = answer.version
    return {
        "results": [_line(line) for line in answer.lines],
        "weights": asdict(answer.weights),
        "half_life_days": answer.mixture.half_life_days,
        "diversity": answer.mixture.diversity,
        "model": version.model.name if version else None,
        "version": version.number if version else None,
        "profile": not answer.why,
        "why_no_profile": answer.why,
    }


def _line(line: Recommended) -> dict[str, Any]:
    return {
        "item": line.item.external_id,
        "title": line.item.title,
        "text": line.item.text,
        "published_at": line.item.published_at,
        "score": round(line.score, 4),
        "shares": {name: round(share, 4) for name, share in line.shares.items()},
        "match": None if line.match is None else round(line.match, 4),
        "because": [{"item": one.external_id, "title": one.title} for one in line.because],
        "prediction": str(line.prediction.pk) if line.prediction else None,
    }


def pushed_json(pushed: Pushed) -> dict[str, Any]:
    return {
        "created": pushed.created,
        "updated": pushed.updated,
        "unchanged": pushed.unchanged,
        "errors": [{"line": line, "detail": detail} for line, detail in pushed.problems],
    }


def mixture_json(row: Mixture) -> dict[str, Any]:
    return {
        "state": row.state,
        "progress": row.progress / 100,
        "reason": row.reason,
        "weights": asdict(row.weights),
        "half_life_days": row.half_life_days,
        "diversity": row.diversity,
        "choices": row.choices,
        "learned_at": row.learned_at,
    }
