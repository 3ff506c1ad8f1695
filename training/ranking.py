"""Ranking a project's unanswered items for active learning: look at a pool, choose, write the priorities."""

import importlib
import shutil
import subprocess
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from common.errors import DomainError
from tasks_app.models import Item
from tasks_app.services.ranking import rank_items
from training import engine_process, freezing, splits
from training.engine.data import Row, write_arrow
from training.engine.errors import EngineError
from training.holding import last_line
from training.models import ActiveLearning, ModelVersion

if TYPE_CHECKING:
    from training.engine.selection import Choice

POOL = 20_000  # items looked at; more are sampled, as the next ranking samples anew
STARTED = 1e6  # above every chosen item: what somebody began to answer is finished first
REFILL = 0.25  # the next items are chosen when this share of the last choice is left
LOST_AFTER = timedelta(minutes=5)
RETRY_AFTER = timedelta(minutes=30)
TICK_SECONDS = 1.0
_NOTHING = np.zeros((0, 1), dtype=np.float32)
State = ActiveLearning.State


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that nobody has answered, as far as choosing cares."""

    item: UUID
    held_out: bool


def rank(wish_id: UUID) -> None:
    """Claim a queued ranking and carry it out. A second delivery finds nothing to claim."""
    claim = uuid4()
    queued = ActiveLearning.objects.filter(pk=wish_id, state=State.QUEUED)
    if not queued.update(state=State.RUNNING, claim=claim, heartbeat_at=timezone.now(), reason=""):
        return
    wish = ActiveLearning.objects.select_related("project").get(pk=wish_id)
    try:
        _rank(wish, claim)
    except (DomainError, EngineError, OSError) as error:
        _mine(wish, claim).update(
            state=State.FAILED, claim=None, reason=str(error)[:500], ranked_at=timezone.now()
        )
    finally:
        shutil.rmtree(wish.folder / str(claim), ignore_errors=True)


def due() -> list[UUID]:
    """Queue every ranking whose time has come, and name all that wait.

    Its time has come when a newer version is there, when most of what was chosen is answered, when its
    worker was lost, or a while after it failed.
    """
    now = timezone.now()
    lost = Q(state=State.RUNNING, heartbeat_at__lt=now - LOST_AFTER)
    failed = Q(state=State.FAILED, ranked_at__lt=now - RETRY_AFTER)
    ActiveLearning.objects.filter(lost | failed).update(state=State.QUEUED, claim=None)
    for wish in ActiveLearning.objects.filter(state=State.IDLE).select_related("project"):
        version = version_to_ask(wish)
        newer = version is not None and version.pk != wish.version_id
        if newer or _is_used_up(wish):
            ActiveLearning.objects.filter(pk=wish.pk, state=State.IDLE).update(state=State.QUEUED)
    return list(ActiveLearning.objects.filter(state=State.QUEUED).values_list("pk", flat=True))


def version_to_ask(wish: ActiveLearning) -> ModelVersion | None:
    """The version in production of the field's model, else its newest candidate."""
    versions = ModelVersion.objects.filter(model__project=wish.project_id, model__field=wish.field)
    usable = versions.filter(stage__in=[ModelVersion.Stage.PRODUCTION, ModelVersion.Stage.CANDIDATE])
    return usable.order_by("-stage", "-number").first()  # "production" sorts after "candidate"


def next_items(wish: ActiveLearning, *, limit: int) -> QuerySet[Item]:
    """What is asked next, first one first."""
    return _open(wish).filter(priority__gt=0).order_by("-priority")[:limit]


def chosen_left(wish: ActiveLearning) -> int:
    """How many of the chosen items still wait for their first answer."""
    return _open(wish).filter(priority__gt=0, priority__lt=STARTED, taken=0).count()


def _is_used_up(wish: ActiveLearning) -> bool:
    left = chosen_left(wish)
    # What was chosen was all there was: only new items make another choice worth while.
    waiting = _open(wish).filter(taken=0, priority=0).exists()
    return waiting and left <= REFILL * wish.batch


def _open(wish: ActiveLearning) -> QuerySet[Item]:
    rows = Item.objects.filter(project=wish.project_id, state=Item.State.OPEN, gold__isnull=True, free=True)
    return rows.filter(restricted=False)


def _rank(wish: ActiveLearning, claim: UUID) -> None:
    folder = wish.folder / str(claim)
    # What a killed worker has left there are people's texts.
    shutil.rmtree(wish.folder, ignore_errors=True)
    folder.mkdir(parents=True)
    pool = _write_pool(wish, folder)
    version = version_to_ask(wish)
    features, doubt = _survey(wish, claim, folder, version) if pool else (_NOTHING, None)
    # torch and scikit-learn are loaded only here, in the worker's own process.
    choice = importlib.import_module("training.engine.selection").choose(
        features, doubt, [candidate.held_out for candidate in pool],
        count=min(wish.batch, len(pool)), lot_share=wish.lot_share, seed=_seed(wish, version),
    )  # fmt: skip
    with transaction.atomic():
        figures: dict[str, Any] = {
            "state": State.IDLE, "claim": None, "version": version, "pool": len(pool),
            "chosen": len(choice.order), "by_lot": len(choice.by_lot), "ranked_at": timezone.now(),
            "mean_doubt": float(doubt.mean()) if doubt is not None and len(doubt) else None,
        }  # fmt: skip
        # First, and in the same transaction: whoever lost the claim must not write a priority.
        if not _mine(wish, claim).update(**figures):
            return
        rank_items(project=wish.project, priorities=_priorities(wish, pool, choice))


def _seed(wish: ActiveLearning, version: ModelVersion | None) -> int:
    return zlib.crc32(f"{wish.pk} {version.pk if version else ''}".encode())


def _write_pool(wish: ActiveLearning, folder: Path) -> list[Candidate]:
    """The items that nobody has begun, in the order of their lots; their texts go to pool.arrow."""
    rows = (
        _open(wish).filter(taken=0).order_by("shuffle", "pk").values_list("pk", "group", "split", "payload")
    )
    frozen = freezing.frozen_groups(wish.project)
    pool: list[Candidate] = []

    def read() -> Iterator[Row]:
        for pk, group, pin, payload in rows[:POOL].iterator(chunk_size=2_000):
            held = splits.is_held_out(group or str(pk), pin=pin, frozen=frozen, salt=str(wish.project_id))
            pool.append(Candidate(pk, held))
            yield Row(id=str(pk), payload=payload)

    write_arrow(folder / "pool.arrow", read())
    return pool


def _survey(wish: ActiveLearning, claim: UUID, folder: Path, version: ModelVersion | None) -> tuple[Any, Any]:
    out, log = folder / "survey.npz", folder / engine_process.LOG_FILE
    arguments = ["survey", str(folder / "pool.arrow"), "--out", str(out), "--base", settings.BASE_MODEL]
    if version is not None:
        arguments += ["--model", str(version.folder)]
    process = engine_process.start(arguments, log=log)
    try:
        while True:
            try:
                code = process.wait(timeout=TICK_SECONDS)
                break
            except subprocess.TimeoutExpired:
                if not _mine(wish, claim).update(heartbeat_at=timezone.now()):
                    raise EngineError("Another worker has taken this ranking over.") from None
    finally:
        engine_process.end(process)
    if code:
        raise EngineError(f"The items could not be looked at: {last_line(folder) or code}")
    with np.load(out) as found:
        return found["features"], found.get("doubt")


def _priorities(wish: ActiveLearning, pool: Sequence[Candidate], choice: "Choice") -> dict[UUID, float]:
    """Chosen items by their order; begun ones before them; what was chosen before and is not now, at zero."""
    earlier = _open(wish).exclude(priority=0).values_list("pk", "taken")
    priorities = {pk: STARTED if taken else 0.0 for pk, taken in earlier}
    count = len(choice.order)
    for place, position in enumerate(choice.order):
        priorities[pool[position].item] = float(count - place)
    return priorities


def _mine(wish: ActiveLearning, claim: UUID) -> QuerySet[ActiveLearning]:
    return ActiveLearning.objects.filter(pk=wish.pk, claim=claim)
