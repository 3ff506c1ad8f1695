"""Answers with known truth that the models never saw, and the threshold that follows from them."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any
from uuid import UUID

from applications.education_grading.grading import (
    ANSWER_TURN,
    MISSING,
    SCORE,
    payload_of,
    regrade,
    score_of,
    sentences,
    top_of,
    versions,
)
from applications.education_grading.models import Calibration, ReleaseRule, Submission
from applications.education_grading.releasing import Known, Wanted, threshold
from applications.education_grading.scoring import Point
from tasks_app.models import Item, Project

MOST = 500
Held = tuple[str, dict[str, Any], list[Point], int]  # group, payload, points, truth


def rule_of(project: Project) -> ReleaseRule:
    return ReleaseRule.objects.filter(project=project).first() or ReleaseRule(project=project)


def calibration_of(project: Project) -> Calibration | None:
    """That of the versions that answer now, if it was made."""
    pair = versions(project)
    if pair is None:
        return None
    return Calibration.objects.filter(score_version=pair[0], missing_version=pair[1]).first()


def calibrate(project: Project) -> Calibration | None:
    """Made now, by asking about at most 500 answers; None while a version is missing."""
    pair = versions(project)
    if pair is None:
        return None
    held = [*_gold(project), *_decided(project)][:MOST]
    graded = regrade(pair, [one[1] for one in held], [one[2] for one in held], top_of(project))
    known = [
        asdict(Known(truth, one.grade.score, one.grade.doubt, group))
        for (group, _payload, _points, truth), one in zip(held, graded, strict=True)
        if one.grade is not None and not one.guards  # a guarded one is never released
    ]
    row, _new = Calibration.objects.update_or_create(
        score_version=pair[0], missing_version=pair[1], defaults={"project": project, "known": known}
    )
    return row


def known_of(row: Calibration) -> list[Known]:
    return [Known(**one) for one in row.known]


def threshold_of(project: Project, rule: ReleaseRule) -> float | None:
    row = calibration_of(project)
    return threshold(known_of(row), Wanted(rule.far, rule.kappa)) if row else None


def released_below(project: Project, said: tuple[UUID, ...]) -> float | None:
    """The doubt up to which an answer goes out by itself; None where every one waits for a teacher.

    said: the versions that have answered just now. A calibration of others is not used.
    """
    rule = rule_of(project)
    row = calibration_of(project) if rule.is_on and said else None
    if row is None or (row.score_version_id, row.missing_version_id) != said:
        return None
    return threshold(known_of(row), Wanted(rule.far, rule.kappa))


def _gold(project: Project) -> Iterator[Held]:
    """Gold items, which are in no snapshot."""
    items = Item.objects.filter(project=project, restricted=False, gold__has_keys=[SCORE, MISSING])
    for item in items.exclude(state=Item.State.WITHDRAWN).order_by("pk")[:MOST]:
        turns = [turn["text"] for turn in item.payload.get("turns", ())]
        truth = score_of((item.gold or {})[SCORE])
        if len(turns) == ANSWER_TURN + 1 and truth is not None:
            yield item.group or str(item.pk), item.payload, sentences(turns[1]), truth


def _decided(project: Project) -> Iterator[Held]:
    """What teachers decided and nothing has learned. Those who looked had the doubtful ones before them, so
    that these make the threshold stricter than it need be."""
    rows = Submission.objects.filter(
        question__project=project, state=Submission.State.RELEASED, decided_by__isnull=False,
        taught_at__isnull=True, restricted=False, score__isnull=False,
    )  # fmt: skip
    for row in rows.select_related("question").order_by("-pk")[:MOST]:
        question = row.question
        payload = payload_of(question.text, question.reference, row.text)
        yield str(question.pk), payload, question.places, int(row.score or 0)
