"""Models that read items for the consensus: each fold's items are read by a model trained on the other folds.

A fold is made of whole groups, so that no model reads an item whose group it was trained on. Frozen test
groups are read, but nobody is trained on them.
"""

import importlib
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.services.ends import tell_end
from annotations.aggregation.inference import Posterior
from annotations.models import Answer, Consensus
from annotations.services.fitting import refit_project
from annotations.services.model_judgments import store_model_judgments
from common.errors import DomainError
from tasks_app.fields.base import WHOLE, Field
from tasks_app.models import Item, Project
from training import engine_process, freezing
from training.engine.config import FitConfig
from training.engine.data import Row, write_arrow
from training.engine.errors import EngineError
from training.journal import Journal
from training.models import CrossFit
from training.recipes import build_config
from training.snapshots import current_fields
from training.soft import soft_targets
from training.splits import place_of

FOLDS = 3
LEAST = 30  # decided items, of which two thirds train each model
RECIPE = {"epochs": 4}
_LOST_AFTER = timedelta(minutes=5)
_DEV = 0.1
_CHUNK = 64
_TICK = 1.0
_TRAINING = 0.8  # of a fold's time; the rest is reading
Beat = Callable[[float], None]  # takes the share of the fold that is done
State = CrossFit.State


def execute(cross_fit_id: UUID) -> None:
    """Claim a queued wish and fulfil it. A second delivery finds nothing to claim."""
    claim = uuid4()
    claimed = CrossFit.objects.filter(pk=cross_fit_id, state=State.QUEUED).update(
        state=State.RUNNING, claim=claim, heartbeat_at=timezone.now()
    )
    if not claimed:
        return
    wish = CrossFit.objects.select_related("project").get(pk=cross_fit_id)
    try:
        judged, outcome, reason = _read_all(wish, claim), State.DONE, ""
    except (DomainError, EngineError, OSError) as error:
        judged, outcome, reason = 0, State.FAILED, str(error)[:500]
    finally:
        shutil.rmtree(wish.folder, ignore_errors=True)
    held = CrossFit.objects.filter(pk=wish.pk, claim=claim)
    with transaction.atomic():
        if held.update(state=outcome, reason=reason, judged=judged, claim=None):
            tell_end(wish.end_note(), good=outcome == State.DONE)
    if outcome == State.DONE:
        refit_project(wish.project_id)


def take_back_lost() -> list[UUID]:
    """Queue again what a dead trainer left behind, and name what the broker has forgotten."""
    silent = Q(state=State.RUNNING, heartbeat_at__lt=timezone.now() - _LOST_AFTER)
    CrossFit.objects.filter(silent).update(state=State.QUEUED, claim=None)
    forgotten = Q(state=State.QUEUED, created_at__lt=timezone.now() - timedelta(minutes=1))
    return list(CrossFit.objects.filter(forgotten).values_list("pk", flat=True))


def fold_of(project_id: UUID, group: str) -> int:
    """By hash, so that a group's items are always together, and always in the same fold."""
    return int(place_of(f"{project_id}cross-fit", group) * FOLDS)


def _read_all(wish: CrossFit, claim: UUID) -> int:
    field = _field(wish)
    config = build_config(field.to_json(), RECIPE)
    beats = {fold: partial(_beat, wish, claim, fold) for fold in range(FOLDS)}
    folds = {fold: _read_fold(wish, field, config, fold, beat) for fold, beat in beats.items()}
    _beat(wish, claim, FOLDS, 0.0)  # nothing of a wish that another trainer has taken over may be stored
    version = f"cross-fit {wish.pk}"
    return store_model_judgments(project=wish.project, field=wish.field, version=version, folds=folds)


def _field(wish: CrossFit) -> Field:
    found = next((f for f in current_fields(wish.project)[1] if f.name == wish.field), None)
    if found is None:
        raise EngineError(f"There is no field {wish.field!r} that a model can learn.")
    return found


def _read_fold(
    wish: CrossFit, field: Field, config: FitConfig, fold: int, beat: Beat
) -> dict[UUID, Posterior]:
    folder = wish.folder / str(fold)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config.to_json(), ensure_ascii=False), encoding="utf-8")
    _write_rows(wish.project, field, fold, folder)
    _train(folder, beat)
    # torch is loaded only here, in the trainer's own process.
    predictor = importlib.import_module("training.engine.artifact").load(folder / "model")
    read: dict[UUID, Posterior] = {}
    items, most = _items_of(wish.project, fold), max(1, _answered(wish.project).count() / FOLDS)
    while chunk := list(islice(items, _CHUNK)):
        answers = predictor.predict([item.payload for item in chunk])
        read.update({item.pk: units_of(answer.detail) for item, answer in zip(chunk, answers, strict=True)})
        beat(min(1.0, _TRAINING + (1 - _TRAINING) * len(read) / most))
    return read


def _write_rows(project: Project, field: Field, fold: int, folder: Path) -> None:
    frozen = freezing.frozen_groups(project)
    rows = [row for row in _decided(project, field) if row.group not in frozen]
    others = [row for row in rows if fold_of(project.pk, row.group) != fold]
    dev = [row for row in others if place_of(f"{project.pk}dev", row.group) < _DEV] or others[:1]
    held = {row.id for row in dev}
    write_arrow(folder / "train.arrow", [row for row in others if row.id not in held])
    write_arrow(folder / "dev.arrow", dev)
    write_arrow(folder / "test.arrow", [r for r in rows if fold_of(project.pk, r.group) == fold] or dev)


def _decided(project: Project, field: Field) -> Iterator[Row]:
    found = freezing.decided(project, [field.name]).order_by("item_id")
    columns = found.values_list("item_id", "item__group", "item__payload", "value", "state", "posterior")
    for item, group, payload, value, state, posterior in columns.iterator(chunk_size=2_000):
        soft = soft_targets(field, posterior) if state == Consensus.State.APPROVED else None
        yield Row(id=str(item), group=group or str(item), payload=payload, value=value, soft=soft)


def _items_of(project: Project, fold: int) -> Iterator[Item]:
    """Every answered item of the fold, gold included: that is where the model is measured."""
    rows = _answered(project).only("payload", "group").order_by("pk")
    for item in rows.iterator(chunk_size=500):
        if fold_of(project.pk, item.group or str(item.pk)) == fold:
            yield item


def _answered(project: Project) -> QuerySet[Item]:
    answered = Exists(Answer.objects.filter(item=OuterRef("pk")))
    return Item.objects.filter(answered, project=project, restricted=False)


def _train(folder: Path, beat: Beat) -> None:
    journal = Journal(folder / "metrics.jsonl")
    process = engine_process.start(["fit", str(folder)], log=folder / engine_process.LOG_FILE)
    try:
        while True:
            try:
                code = process.wait(timeout=_TICK)
                break
            except subprocess.TimeoutExpired:
                journal.read()
                beat(_TRAINING * journal.progress)
    finally:
        engine_process.end(process)
    if code:
        lines = (folder / engine_process.LOG_FILE).read_text("utf-8", errors="replace").strip().splitlines()
        raise EngineError(f"A model could not be trained: {lines[-1] if lines else code}")


def _beat(wish: CrossFit, claim: UUID, fold: int, share: float) -> None:
    """A sign of life, and how far it is: `share` of the fold numbered `fold`."""
    held = CrossFit.objects.filter(pk=wish.pk, claim=claim)
    if not held.update(heartbeat_at=timezone.now(), progress=min(99, int(100 * (fold + share) / FOLDS))):
        raise EngineError("Another trainer has taken this over.")


def units_of(detail: dict[str, Any]) -> Posterior:
    """A choice head's probabilities by the field's units: the whole item, or each turn."""
    turns: Sequence[dict[str, Any]] | None = detail.get("turns")
    if turns is None:
        return {WHOLE: _rounded(detail["probabilities"])}
    return {str(turn["turn"]): _rounded(turn["probabilities"]) for turn in turns}


def _rounded(shares: dict[str, float]) -> dict[str, float]:
    return {label: round(share, 4) for label, share in shares.items()}
