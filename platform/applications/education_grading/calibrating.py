"""Answers with known truth that the models never saw, and the threshold that follows from them."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

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
from applications.education_grading.releasing import Known, Wanted, fewest, threshold
from applications.education_grading.scoring import Point
from common import audit
from common.errors import DomainError
from tasks_app.models import Item, Project
from training import background
from training.background import State
from training.engine.errors import EngineError

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


def wish(project: Project) -> Calibration | None:
    """The row of the versions that answer now, queued if it is new; None while a version is missing."""
    pair = versions(project)
    if pair is None:
        return None
    row, _new = Calibration.objects.get_or_create(
        score_version=pair[0], missing_version=pair[1], defaults={"project": project}
    )
    return row


def is_up_to_date(row: Calibration) -> bool:
    """Whether it was made of the answers that are known now, with the truth that they have now."""
    return not row.is_live and row.sha256 == _digest(_held(row.project))


def at_work(project: Project) -> Calibration | None:
    """The one that waits or is being made."""
    live = Calibration.objects.filter(project=project, state__in=[State.QUEUED, State.RUNNING])
    return live.order_by("-queued_at").first()


def calibrate(project: Project) -> Calibration | None:
    """Made now, for a worker, by asking about at most 500 answers; None while a version is missing."""
    if (row := wish(project)) is None:
        return None
    Calibration.objects.filter(pk=row.pk).exclude(state=State.RUNNING).update(state=State.QUEUED, claim=None)
    execute(row.pk)
    row.refresh_from_db()
    return row


def execute(calibration_id: int) -> None:
    """Claim a queued calibration, make it, and switch on the rule that waits for it, if it can be kept. A
    second delivery finds nothing to claim."""
    row = background.claim(Calibration, calibration_id)
    if row is None:
        return
    with background.ending(row, EngineError, DomainError, OSError), background.alive(row):
        held = _held(row.project)
        graded = regrade(
            (row.score_version, row.missing_version), [one[1] for one in held], [one[2] for one in held],
            top_of(row.project), tell=lambda done: background.update(row, progress=99 * done // len(held)),
        )  # fmt: skip
        known = [
            asdict(Known(truth, one.grade.score, one.grade.doubt, group))
            for (group, _payload, _points, truth), one in zip(held, graded, strict=True)
            if one.grade is not None and not one.guards  # a guarded one is never released
        ]
        _finish(row, known, _digest(held))


@transaction.atomic
def _finish(row: Calibration, known: list[dict[str, Any]], sha256: str) -> None:
    # What waits for it may have been changed or taken back while the models were asked.
    rows = Calibration.objects.select_for_update(of=("self",)).select_related("asked_by")
    now = rows.get(pk=row.pk)
    row.asked_by, now.known = now.asked_by, known
    refused = ""
    if now.wanted:
        with override(now.asked_by.language if now.asked_by else None):
            refused = _switch_on(now)
    background.update(
        row, known=known, sha256=sha256, progress=100, claim=None, wanted=None, reason=refused,
        made_at=timezone.now(), state=State.FAILED if refused else State.DONE,
    )  # fmt: skip


def _switch_on(row: Calibration) -> str:
    """Put the rule in force; else why it cannot be kept."""
    wanted = Wanted(**row.wanted)
    if threshold(known_of(row), wanted) is None:
        return too_few(len(row.known), wanted.far)
    rule, _new = ReleaseRule.objects.update_or_create(
        project=row.project,
        defaults={"is_on": True, "far": wanted.far, "kappa": wanted.kappa, "changed_by": row.asked_by},
    )
    audit.record(
        "grading.release", rule, actor=row.asked_by_id, is_on=True, far=wanted.far, kappa=wanted.kappa
    )
    return ""


def too_few(there: int, far: float) -> str:
    """Why a rule cannot be kept."""
    needed = fewest(far)
    if there >= needed:
        return _("The answers held back do not allow this. Let teachers decide more, or want less.")
    words = _(
        "For this at least %(needed)d answers must be held back or decided by teachers; there are %(there)d."
    )
    return words % {"needed": needed, "there": there}


def _held(project: Project) -> list[Held]:
    return [*_gold(project), *_decided(project)][:MOST]


def _digest(held: list[Held]) -> str:
    named = [(group, payload, truth) for group, payload, _points, truth in held]
    return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()


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
