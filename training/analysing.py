"""Carrying an analysis out, one part at each delivery, so that nobody else waits long for the worker.

What a part has found is written in one transaction with the sign that the work is still ours: whoever takes
it up after a kill repeats the part that was being computed, and no other.
"""

import logging
import shutil
import time
from collections.abc import Callable, Iterable
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from common.errors import DomainError
from training import background
from training.analysis_data import forget_texts, source_of
from training.analysis_parts import PARTS, Found, Outcome, Part
from training.engine.errors import EngineError
from training.models import Analysis, AnalysisFinding, AnalysisResult
from training.models.analysis import folder_of

logger = logging.getLogger(__name__)
KEPT = 5  # the latest asks of a project whose results stay
_ROWS = 1_000
_TICK = 1.0
State = Analysis.State


def execute(analysis_id: UUID) -> bool:
    """Claim a queued analysis and compute its next part; whether more is to be done.

    A second delivery finds nothing to claim.
    """
    wish = background.claim(Analysis, analysis_id)
    if wish is None:
        return False
    try:
        with background.ending(wish, DomainError, EngineError, OSError, ValueError), background.alive(wish):
            return _next_part(wish)
    finally:
        _leave_nothing_of_the_erased(wish)
    return False


def missing(wish: Analysis) -> list[Part]:
    """The parts that have no result yet, in the order of the registry."""
    there = set(results_of(wish))
    return [part for name, part in PARTS.items() if name in wish.keys and name not in there]


def results_of(wish: Analysis) -> dict[str, AnalysisResult]:
    """By part: also what an earlier ask found in the same data with the same options."""
    rows = AnalysisResult.objects.filter(project=wish.project_id, key__in=wish.keys.values())
    return {row.part: row for row in rows}


def _next_part(wish: Analysis) -> bool:
    waiting = missing(wish)
    if wish.started_at is None:
        background.update(wish, started_at=timezone.now())
    if waiting:
        _compute(wish, waiting[0], before=_share_before(wish, waiting))
    if len(waiting) > 1:
        background.update(wish, state=State.QUEUED, claim=None, queued_at=timezone.now())
        return True
    background.update(wish, state=State.DONE, claim=None, share=1.0, part="", finished_at=timezone.now())
    live = Analysis.objects.filter(project=wish.project_id, state__in=[State.QUEUED, State.RUNNING])
    if not live.filter(data_hash=wish.data_hash).exists():
        forget_texts(wish.project_id, wish.data_hash)
    forget_old(wish.project_id)
    return False


def _leave_nothing_of_the_erased(wish: Analysis) -> None:
    """An erasure has dropped the wish meanwhile: what was written since the folder was cleared goes too."""
    if not Analysis.objects.filter(project=wish.project_id).exists():
        shutil.rmtree(folder_of(wish.project_id), ignore_errors=True)


def _share_before(wish: Analysis, waiting: list[Part]) -> float:
    whole = sum(PARTS[name].weight for name in wish.keys if name in PARTS)
    return 1 - sum(part.weight for part in waiting) / whole


def _compute(wish: Analysis, part: Part, *, before: float) -> None:
    background.update(wish, part=part.name, share=before)
    source = source_of(wish.project, wish.snapshot, wish.data_hash)
    began = time.monotonic()
    whole = sum(PARTS[name].weight for name in wish.keys if name in PARTS)
    options = wish.options[part.name]
    try:
        outcome = part.run(source, options, _ticker(wish, before, part.weight / whole))
        _store(wish, part, outcome, seconds=time.monotonic() - began)
    except background.Lost:
        _leave_nothing(wish, part)
        raise


def _leave_nothing(wish: Analysis, part: Part) -> None:
    """An erasure that came meanwhile took the ask and its files; what was written since goes as well."""
    if not Analysis.objects.filter(pk=wish.pk).exists():
        for name in (wish.keys[part.name], f"data-{wish.data_hash}"):
            shutil.rmtree(folder_of(wish.project_id) / name, ignore_errors=True)


def _ticker(wish: Analysis, before: float, width: float) -> Callable[[float], None]:
    """Progress to the row once a second; raises Lost where the work is not ours any more."""
    last = time.monotonic()

    def tick(share: float) -> None:
        nonlocal last
        if time.monotonic() - last >= _TICK:
            last = time.monotonic()
            background.update(wish, share=before + width * min(max(share, 0.0), 1.0))

    return tick


def _store(wish: Analysis, part: Part, outcome: Outcome, *, seconds: float) -> None:
    with transaction.atomic():
        # First, and in the same transaction: whoever lost the claim must not write a result.
        background.update(wish)
        result, new = AnalysisResult.objects.get_or_create(
            project=wish.project, key=wish.keys[part.name],
            defaults={"part": part.name, "version": part.version, "options": wish.options[part.name],
                      "data": outcome.data, "seconds": seconds},
        )  # fmt: skip
        if new:
            _store_findings(result, outcome.findings)


def _store_findings(result: AnalysisResult, findings: Iterable[Found]) -> None:
    rows = (
        AnalysisFinding(
            result=result, kind=one.kind, item_id=one.item, turn=one.turn, score=one.score,
            evidence=one.evidence,
        )
        for one in findings
    )  # fmt: skip
    while chunk := list(islice(rows, _ROWS)):
        AnalysisFinding.objects.bulk_create(chunk)


def forget_old(project_id: UUID) -> None:
    """Keep the latest KEPT asks and what they rest on; older ones, their results and files go."""
    asks = list(Analysis.objects.filter(project=project_id).order_by("-asked_at", "-pk"))
    if not asks:  # an erasure has dropped them all meanwhile, with their files
        return
    kept = [one for place, one in enumerate(asks) if place < KEPT or one.is_live]
    keys = {key for one in kept for key in one.keys.values()}
    data = {f"data-{one.data_hash}" for one in kept if one.is_live} | {f"data-{asks[0].data_hash}"}
    Analysis.objects.filter(project=project_id).exclude(pk__in=[one.pk for one in kept]).delete()
    AnalysisResult.objects.filter(project=project_id).exclude(key__in=keys).delete()
    folder = folder_of(project_id)
    for path in folder.iterdir() if folder.exists() else ():
        if path.name not in keys | data:
            shutil.rmtree(path, ignore_errors=True)
