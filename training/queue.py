"""Which run a trainer takes next. The database decides; the broker only wakes trainers up."""

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from statistics import median
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, Q, QuerySet
from django.utils import timezone

from training import trials
from training.models import Run, Search, Trial

State = Run.State
ORDER = ("-priority", "queued_at", "pk")
_REMEMBERED = 20  # ended runs that tell how long one takes


Work = Run | Trial | Search


@transaction.atomic
def claim_next() -> Work | None:
    """Take the first work in the queue for this trainer: a run, a search's next trial, or its conclusion.

    None when nothing waits. Two trainers at once get two pieces: each passes over what the other has locked.
    """
    run = _claimable().select_for_update(skip_locked=True, of=("self",)).first()
    return _claim(run) if run else None


@transaction.atomic
def claim_run(run_id: UUID) -> Work | None:
    """Take this run, or a piece of it, if it still waits."""
    run = _claimable().select_for_update(of=("self",)).filter(pk=run_id).first()
    return _claim(run) if run else None


def is_work_left() -> bool:
    return _claimable().exists()


def _claimable() -> QuerySet[Run]:
    searching = Q(state=State.RUNNING, search__is_open=True, search__done_at=None)
    return Run.objects.filter(Q(state=State.QUEUED) | searching).order_by(*ORDER)


def waiting() -> QuerySet[Run]:
    """The queue, first one first."""
    return Run.objects.filter(state=State.QUEUED).order_by(*ORDER)


def _claim(run: Run) -> Work:
    search = Search.objects.select_related("run").filter(run=run, done_at=None).first()
    if search is not None:
        return trials.take_trial(search) or search
    now = timezone.now()
    Run.objects.filter(pk=run.pk).update(
        state=State.RUNNING,
        claim=uuid4(),
        attempt=F("attempt") + 1,
        started_at=now,
        heartbeat_at=now,
        reason="",
    )
    return Run.objects.select_related("project", "snapshot").get(pk=run.pk)


def place_of(run: Run) -> int:
    """1 for the run that is taken next."""
    before = Q(priority__gt=run.priority) | Q(priority=run.priority, queued_at__lt=run.queued_at)
    same_moment = Q(priority=run.priority, queued_at=run.queued_at, pk__lt=run.pk)
    return 1 + Run.objects.filter(before | same_moment, state=State.QUEUED).count()


def expected_waits(slots: int) -> dict[UUID, float]:
    """Seconds until each queued run begins, were all as long as the latest ones; empty if nobody can tell."""
    typical = _typical_seconds()
    if not slots or typical is None:
        return {}
    running = Run.objects.filter(state=State.RUNNING).values_list("seconds_left", flat=True)
    queue = list(waiting().values_list("pk", flat=True))
    busy = [typical if left is None else left for left in running]
    return dict(zip(queue, begins(busy, [typical] * len(queue), slots=slots), strict=True))


def begins(busy: Sequence[float], lengths: Sequence[float], *, slots: int) -> list[float]:
    """When work of these `lengths` begins if `slots` trainers, some `busy` so long, take it in turn."""
    free = [*sorted(busy), *[0.0] * (slots - len(busy))]
    heapify(free)
    found = []
    for length in lengths:
        found.append(heappop(free))
        heappush(free, found[-1] + length)
    return found


def _typical_seconds() -> float | None:
    took = ExpressionWrapper(F("finished_at") - F("started_at"), output_field=DurationField())
    ended = Run.objects.filter(state=State.SUCCEEDED, started_at__isnull=False, finished_at__isnull=False)
    times = ended.order_by("-finished_at").annotate(took=took).values_list("took", flat=True)
    seconds = [time.total_seconds() for time in times[:_REMEMBERED]]
    return median(seconds) if seconds else None
