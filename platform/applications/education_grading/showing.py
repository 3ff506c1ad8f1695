"""One answer as pages show it: marks in the class's own number, and the reference with what is missing."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from applications.education_grading.grading import top_of
from applications.education_grading.guards import Guard
from applications.education_grading.models import Question, Submission


def shown(row: Submission) -> dict[str, Any]:
    """What queue.html and learner.html take."""
    question, top = row.question, top_of(row.question.project)
    sources = [one for one in (row.score_prediction, row.missing_prediction) if one is not None]
    return {
        "top": top,
        "steps": range(top + 1),
        "marks": marks(row.score, question, top),
        "reference": [{"speaker": "", "text": question.reference, "parts": _parts(question, row.missing)}],
        "points": [
            {"number": number, "text": text, "missing": number in row.missing}
            for number, text in enumerate(question.point_texts)
        ],
        "guards": [guard_words(Guard(one)) for one in row.guards],
        "sources": sources,
        "sure": round(100 * row.confidence),
    }


def marks(score: int | None, question: Question, top: int) -> str:
    """The step of the scale in the class's own number, to half a mark."""
    return "" if score is None else f"{round(2 * score * question.max_score / top) / 2:g}"


def guard_words(guard: Guard) -> str:
    words = {
        Guard.EMPTY: _("There is no word in it."),
        Guard.COPY: _("It repeats the question."),
        Guard.REFERENCE: _("It is the reference answer, word for word."),
        Guard.APART: _("It has no word in common with question or reference."),
        Guard.ADDRESSES: _("It speaks to whoever grades."),
    }
    return words[guard]


def _parts(question: Question, missing: Sequence[int]) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    end = 0
    for number, place in enumerate(question.places):
        if number in missing:
            parts.append({"text": question.reference[end : place.start]})
            parts.append(
                {"text": question.reference[place.start : place.end], "label": _("missing"), "color": 3}
            )
            end = place.end
    parts.append({"text": question.reference[end:]})
    return [part for part in parts if part["text"]]
