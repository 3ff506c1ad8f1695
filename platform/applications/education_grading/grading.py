"""Asking the two models about answers, and putting together what they say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from applications.asking import in_production
from applications.education_grading.guards import WORTHLESS, Guard, guards_of
from applications.education_grading.scoring import Grade, Point, absent_shares, grade
from tasks_app import selectors
from tasks_app.models import Project
from training import serving
from training.models import ModelVersion

TEMPLATE = "education-grading"
SCORE, MISSING = "score", "missing"
REFERENCE_TURN = 1
ANSWER_TURN = 2
_BATCH = 32
Answers = Sequence[serving.Answer]


@dataclass(frozen=True, slots=True)
class Graded:
    """grade: None while no model answers. guards: why no score should be trusted."""

    grade: Grade | None
    guards: Sequence[Guard]


def payload_of(question: str, reference: str, answer: str) -> dict[str, Any]:
    """One item holds all three, so that the scale reads them together and spans lie in the reference."""
    texts = {"question": question, "reference": reference, "answer": answer}
    return {"turns": [{"speaker": speaker, "text": text} for speaker, text in texts.items()]}


def sentences(reference: str) -> list[Point]:
    """The points of a reference that nobody has divided: its sentences, each of the same weight."""
    found, start = [], 0
    for place, char in enumerate(reference):
        ends = char in "。！？" or (char in ".!?" and reference[place + 1 : place + 2] in ("", " ", "\n"))
        if ends or place + 1 == len(reference):
            text = reference[start : place + 1]
            if text.strip():
                found.append(Point(start + len(text) - len(text.lstrip()), place + 1, 1))
            start = place + 1
    return found


def put_together(
    payload: Mapping[str, Any], points: Sequence[Point], top: int,
    whole: serving.Answer | None, marked: serving.Answer | None, guarded: bool = True,
) -> Graded:  # fmt: skip
    question, reference, answer = (turn["text"] for turn in payload["turns"])
    guards = guards_of(question=question, reference=reference, answer=answer)
    if guarded and WORTHLESS & set(guards):
        nothing = tuple(float(step == 0) for step in range(top + 1))
        return Graded(Grade(0, nothing, 1.0, 0.0, tuple(range(len(points)))), guards)
    if whole is None and (marked is None or not points):
        return Graded(None, guards)
    absent = _absent(marked, points) if marked is not None else None
    return Graded(grade(_whole(whole) if whole else None, absent, points, top), guards)


def _whole(said: serving.Answer) -> dict[str, float]:
    """The scale stands on the answer's turn, which the model reads with the reference before it."""
    turns = {turn["turn"]: turn["probabilities"] for turn in said.detail["turns"]}
    return dict(turns[ANSWER_TURN])


def score_value(score: int) -> list[dict[str, int]]:
    """A score as an answer of the field."""
    return [{"turn": ANSWER_TURN, "value": score}]


def score_of(value: Any) -> int | None:
    """The score in an answer of the field; None where it is left blank."""
    return next((int(mark["value"]) for mark in value or () if mark["turn"] == ANSWER_TURN), None)


def span_values(places: Sequence[Point], missing: Sequence[int]) -> list[dict[str, Any]]:
    """Missing points as an answer of the field."""
    return [
        {"turn": REFERENCE_TURN, "start": places[n].start, "end": places[n].end, "label": MISSING}
        for n in missing
    ]


def _absent(marked: serving.Answer, points: Sequence[Point]) -> list[float]:
    turns = {turn["turn"]: turn["confidence"] for turn in marked.detail.get("turns", ())}
    sure = float(turns.get(REFERENCE_TURN, 1.0))
    return absent_shares(marked.detail.get("spans", ()), sure, points, REFERENCE_TURN)


def versions(project: Project) -> tuple[ModelVersion, ModelVersion] | None:
    """The pair that answers now; None while one of them is missing."""
    score, missing = in_production(project, SCORE), in_production(project, MISSING)
    return (score, missing) if score and missing else None


def top_of(project: Project) -> int:
    """The highest step of the project's scale."""
    fields = selectors.current_schema(project).fields
    return int(next((field["max"] for field in fields if field["name"] == SCORE), 4))


def regrade(
    pair: tuple[ModelVersion, ModelVersion], payloads: Sequence[Mapping[str, Any]],
    points: Sequence[Sequence[Point]], top: int, guarded: bool = True,
    tell: Callable[[int], None] = lambda done: None,
) -> list[Graded]:  # fmt: skip
    """The same for a worker, without keeping predictions. guarded: False for what the models say alone.

    `tell` hears how many were graded.
    """
    found: list[Graded] = []
    for start in range(0, len(payloads), _BATCH):
        part = slice(start, start + _BATCH)
        whole, marked = (serving.answers_in_background(version, payloads[part]) for version in pair)
        found += [
            put_together(payload, places, top, one, other, guarded)
            for payload, places, one, other in zip(payloads[part], points[part], whole, marked, strict=True)
        ]
        tell(len(found))
    return found
