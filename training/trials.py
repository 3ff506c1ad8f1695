"""The course of a search: trials handed out while the budget lasts, then the best recipe kept and trained."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.services.ends import tell_end
from training.models import Recipe, Run, Search, Trial
from training.search_space import SearchPlan

State = Trial.State
LOST_AFTER = timedelta(seconds=45)
FREEZING_TAKES = timedelta(minutes=15)
MOST_LOSSES = 2
HOPELESS = 3  # trials that fail before any succeeds: then it is not the recipe's fault
SEARCHING_SHARE = 0.8  # of the progress of a run that trains with the best recipe in the end


def plan_search(run: Run, plan: SearchPlan) -> Search:
    return Search.objects.create(
        run=run, trials_wanted=plan.trials, minutes=plan.minutes, space=plan.space, pruner=plan.pruner,
        final=plan.final, keep_as=plan.name, seed=plan.seed,
    )  # fmt: skip


def take_trial(search: Search) -> Trial | None:
    """The next trial for a trainer, whose caller holds the run's row; None when the budget is spent.

    A search steps back behind what waits with its priority after each, so that it never holds up a queue.
    """
    now = timezone.now()
    if search.began_at is None:
        search.began_at = now
        Search.objects.filter(pk=search.pk).update(began_at=now)
    begun = {"state": Run.State.RUNNING, "queued_at": now, "heartbeat_at": now, "reason": ""}
    Run.objects.filter(pk=search.pk).update(**begun, started_at=search.run.started_at or now)
    if is_over_time(search) or is_hopeless(search):
        # Whoever still holds a trial ends the search after it; until then there is nothing to do for others.
        Search.objects.filter(pk=search.pk).update(is_open=False)
        return None
    trial = search.trials.filter(state=State.WAITING).order_by("number").first() or _new_trial(search)
    if trial is not None:
        held = {"state": State.RUNNING, "claim": uuid4(), "heartbeat_at": now}
        Trial.objects.filter(pk=trial.pk).update(**held, started_at=trial.started_at or now)
        trial = Trial.objects.select_related("search__run__project", "search__run__snapshot").get(pk=trial.pk)
    _reopen(search)
    return trial


def _new_trial(search: Search) -> Trial | None:
    count = search.trials.count()
    return search.trials.create(number=count + 1) if count < search.trials_wanted else None


def _reopen(search: Search) -> None:
    more = search.trials.count() < search.trials_wanted or search.trials.filter(state=State.WAITING).exists()
    Search.objects.filter(pk=search.pk).update(is_open=more)


def is_over_time(search: Search) -> bool:
    return search.deadline is not None and timezone.now() >= search.deadline


@transaction.atomic
def settle(search_id: UUID) -> Search | None:
    """End the search if nothing more will come of it: keep the best recipe, and queue the run to train it.

    Returns the search if it was ended now. Two at once: the second finds it ended.
    """
    run = Run.objects.select_for_update().get(pk=search_id)
    search = Search.objects.select_related("run__project").get(pk=search_id)
    if search.done_at is not None or run.state != Run.State.RUNNING or not _is_through(search):
        return None
    best = best_of(search.trials.all())
    if best is None:
        _fail(search)
    else:
        _keep(search, best)
    return search


def _is_through(search: Search) -> bool:
    if search.trials.filter(state=State.RUNNING).exists():
        return False
    if is_over_time(search) or is_hopeless(search):
        return True
    count = search.trials.count()
    return count >= search.trials_wanted and not search.trials.filter(state=State.WAITING).exists()


def progress_of(search: Search) -> tuple[float, float | None]:
    """Of the whole run, 0..1, and the seconds that the search will still take (None: too early to tell)."""
    over = [trial for trial in search.trials.all() if trial.is_over]
    done = len(over) / search.trials_wanted
    left: list[float] = []
    if search.began_at is not None:
        seconds = search.spent_seconds + (timezone.now() - search.began_at).total_seconds()
        if over:
            left.append(seconds / len(over) * (search.trials_wanted - len(over)))
        if search.minutes:
            left.append(max(0.0, search.minutes * 60 - seconds))
            done = max(done, seconds / (search.minutes * 60))
    share = SEARCHING_SHARE if search.final else 1.0
    return min(done, 1.0) * share, min(left, default=None)


def is_hopeless(search: Search) -> bool:
    failed = search.trials.filter(state=State.FAILED).count()
    return failed >= HOPELESS and not search.trials.exclude(value=None).exists()


def best_of(trials: Iterable[Trial]) -> Trial | None:
    """The highest dev figure of a trial that ended by itself; only where there is none, of one cut short."""
    known = [trial for trial in trials if trial.value is not None and trial.is_over]
    whole = [trial for trial in known if trial.state == State.COMPLETE]
    return max(whole or known, key=lambda trial: (trial.value, -trial.number), default=None)


def _fail(search: Search) -> None:
    last = search.trials.exclude(reason="").order_by("-number").first()
    why = f"No trial reached a figure: {last.reason}" if last else "No trial ended within the budget."
    now = timezone.now()
    Run.objects.filter(pk=search.pk).update(state=Run.State.FAILED, reason=why[:500], finished_at=now)
    tell_end(search.run.end_note(), good=False)
    pause(search.run)  # not done: it can be taken up again


def _keep(search: Search, best: Trial) -> None:
    settings = {**search.run.recipe, **best.params}
    recipe = _store(search, best, settings)
    now = timezone.now()
    Search.objects.filter(pk=search.pk).update(best=best, recipe=recipe, done_at=now, is_open=False)
    Trial.objects.filter(search=search, state=State.WAITING).update(state=State.STOPPED)
    run = Run.objects.filter(pk=search.pk)
    if search.final:
        run.update(state=Run.State.QUEUED, recipe=settings, queued_at=now, progress=SEARCHING_SHARE)
    else:
        run.update(state=Run.State.SUCCEEDED, recipe=settings, progress=1, seconds_left=0, finished_at=now)
        tell_end(search.run.end_note(), good=True)


def _store(search: Search, best: Trial, settings: dict[str, object]) -> Recipe:
    run = search.run
    wanted = search.keep_as or f"{run.field}, search {run.number}"
    taken = set(Recipe.objects.filter(project=run.project).values_list("name", flat=True))
    name = next(
        name
        for n in range(1, len(taken) + 2)
        if (name := wanted if n == 1 else f"{wanted[:74]} ({n})") not in taken
    )
    assert run.snapshot is not None  # noqa: S101 - a trial with a figure was trained on one
    head = next(field["type"] for field in run.snapshot.fields if field["name"] == run.field)
    return Recipe.objects.create(
        project=run.project, name=name, head=head, settings=settings, metric=search.metric, value=best.value,
        origin=run, created_by=run.created_by,
    )  # fmt: skip


def take_back_lost() -> None:
    """Trials whose trainer has gone silent wait for another; searches that nobody ended are opened again."""
    silent = timezone.now() - LOST_AFTER
    # While the snapshot is being frozen there is nobody to beat: a large one may take minutes.
    frozen = Q(search__run__snapshot__isnull=False) | Q(heartbeat_at__lt=timezone.now() - FREEZING_TAKES)
    lost = Trial.objects.filter(frozen, state=State.RUNNING, heartbeat_at__lt=silent)
    searches = set(lost.values_list("search_id", flat=True))
    over = {"state": State.FAILED, "finished_at": timezone.now(), "reason": "Its trainer was lost too often."}
    lost.filter(losses__gte=MOST_LOSSES).update(**over, claim=None)
    lost.update(state=State.WAITING, claim=None, losses=F("losses") + 1)
    at_work = Q(trials__state=State.RUNNING)
    stuck = Search.objects.filter(is_open=False, done_at=None, run__state=Run.State.RUNNING).exclude(at_work)
    quiet = stuck.filter(run__heartbeat_at__lt=silent).values_list("pk", flat=True)
    Search.objects.filter(pk__in=[*searches, *quiet], done_at=None).update(is_open=True)


def pause(run: Run) -> None:
    """A cancelled search: the time that it had is kept, its trials see that they are to stop."""
    search = Search.objects.filter(run=run, done_at=None).first()
    if search is not None:
        began = search.began_at or timezone.now()
        spent = search.spent_seconds + (timezone.now() - began).total_seconds()
        Search.objects.filter(pk=search.pk).update(is_open=False, began_at=None, spent_seconds=spent)


def reopen(run: Run) -> None:
    """A search that is taken up again: what failed is tried anew, since its cause may have been mended."""
    if Search.objects.filter(run=run, done_at=None).update(is_open=True):
        afresh: dict[str, object] = {
            "losses": 0,
            "optuna": None,
            "params": {},
            "reason": "",
            "finished_at": None,
        }
        Trial.objects.filter(search=run.pk, state=State.FAILED).update(state=State.WAITING, **afresh)
