"""Starting, cancelling and taking up training runs."""

from collections.abc import Mapping, Sequence

from django.db import connection, transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common import audit
from common.errors import Conflict, Invalid, Problem
from common.queueing import enqueue_on_commit
from tasks_app.fields.base import Field
from tasks_app.models import Project, SchemaVersion
from training import tasks, trials
from training.base_models import base_of, check_base_model, refuse_quarantined_base, refuse_taught_base
from training.models import Run, Snapshot
from training.recipes import build_config, chosen_settings, resolved
from training.search_space import read_search
from training.services.queue import check_priority
from training.services.recipes import settings_of
from training.snapshots import current_fields, planned_counts, take_turn_with_erasures
from training.splits import too_few

State = Run.State


@transaction.atomic
def start_run(
    *,
    project: Project,
    field: str,
    recipe: object,
    actor: User | None,
    snapshot: Snapshot | None = None,
    priority: int = Run.Priority.NORMAL,
    search: object = None,
) -> Run:
    """Queue a run of `field`. Without a snapshot the trainer freezes what is approved when it begins.

    `recipe` holds settings, or is the name or id of a recipe that was kept. With `search` (see
    search_space.py) trials look for what the recipe leaves open first.
    Raises Invalid for an unknown field or a recipe that cannot work, Conflict where there are too few
    examples, Forbidden for a priority that is not the actor's to give; then nothing is queued.
    """
    check_priority(priority, actor)
    if snapshot is not None:
        take_turn_with_erasures(snapshot)
    schema, fields = current_fields(project)
    chosen = next((entry for entry in fields if entry.name == field), None)
    if chosen is None:
        raise _not_to_learn(field, schema, fields)
    recipe = settings_of(project=project, head=chosen.type, recipe=recipe)
    counts = _counts(project, chosen, snapshot)
    recipe = resolved(chosen.to_json(), recipe, examples=counts.get("train", 0))
    config = build_config(chosen.to_json(), recipe)
    check_base_model(config.base_model, project=project, actor=actor)
    refuse_quarantined_base(config.base_model)
    refuse_taught_base(config, project=project)
    plan = None if search is None else read_search(search, chosen.to_json())
    if plan is not None and config.is_private:
        raise _one_budget()
    _check_enough(counts)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"run {project.pk}"])
    last = project.runs.aggregate(last=Max("number"))["last"] or 0
    run = Run.objects.create(
        project=project,
        number=last + 1,
        field=field,
        snapshot=snapshot,
        recipe=chosen_settings(recipe, config),
        priority=priority,
        created_by=actor,
        queued_at=timezone.now(),
    )
    if plan is not None:
        trials.plan_search(run, plan)
    audit.record("run.started", run, actor=actor.pk if actor else None, field=field)
    enqueue_on_commit(tasks.execute_run, run.pk)
    return run


def _not_to_learn(name: str, schema: SchemaVersion, fields: Sequence[Field]) -> Invalid:
    """An unknown field, or one of a type that no model head is there for."""
    names = ", ".join(entry.name for entry in fields)
    kind = next((entry["type"] for entry in schema.fields if entry["name"] == name), None)
    if kind:
        detail = _("No model can learn a field of the type “%(kind)s” yet. Those it can are: %(names)s.")
        code, detail = "no_head", detail % {"kind": kind, "names": names}
    else:
        code = "unknown_field"
        detail = _("No such field that a model can learn. The fields are: %s.") % names
    return Invalid(detail, problems=[Problem("/field", code, detail)])


def _one_budget() -> Invalid:
    """Each trial of a search would spend the budget again, and what the best one is says something of all."""
    detail = _("A search trains on the same conversations again and again, so no budget of privacy would "
               "hold. Search without it on other data, or set the recipe by hand.")  # fmt: skip
    return Invalid(detail, problems=[Problem("/search", "private", detail)])


def _counts(project: Project, field: Field, snapshot: Snapshot | None) -> Mapping[str, int]:
    """How many examples each split holds, or would hold if it were frozen now."""
    if snapshot is None:
        return planned_counts(project, field)
    if snapshot.project_id != project.pk or field.name not in snapshot.counts:
        detail = _("This snapshot is of another project, or does not hold this field.")
        raise Invalid(detail, problems=[Problem("/snapshot", "snapshot", detail)])
    _refuse_withdrawn(snapshot)
    counts: Mapping[str, int] = snapshot.counts[field.name]
    return counts


def _refuse_withdrawn(snapshot: Snapshot) -> None:
    if snapshot.withdrawn_at is not None:
        raise Conflict(
            _("Snapshot %d was withdrawn: data in it was erased. Train on a new one.") % snapshot.number,
            code="withdrawn",
        )


def _check_enough(counts: Mapping[str, int]) -> None:
    if missing := too_few(counts):
        raise Conflict(
            _("There are too few approved examples of this field: %s. Approve more, then train.")
            % ", ".join(missing),
            code="too_few_examples",
            problems=[Problem("/field", "too_few_examples", part) for part in missing],
        )


@transaction.atomic
def cancel_run(*, run: Run, actor: User | None) -> Run:
    """End a queued run at once; ask a running one's trainer to stop, which it does within seconds."""
    now = timezone.now()
    # Whoever freezes the data, or holds a trial of a search, finds out that the run is no longer his.
    searching = Q(state=State.RUNNING, search__isnull=False, search__done_at=None)
    freezing = Q(state=State.RUNNING, snapshot=None)
    at_once = Run.objects.filter(Q(state=State.QUEUED) | searching | freezing, pk=run.pk)
    changed = at_once.update(
        state=State.CANCELLED, claim=None, finished_at=now, seconds_left=None
    ) or Run.objects.filter(pk=run.pk, state=State.RUNNING, cancel_requested=False).update(
        cancel_requested=True
    )
    trials.pause(run)
    run.refresh_from_db()
    if not changed:
        raise Conflict(
            _("This run is being cancelled already.")
            if run.cancel_requested and run.is_live
            else _("This run has ended (%s); there is nothing to cancel.") % run.state
        )
    audit.record("run.cancelled", run, actor=actor.pk if actor else None)
    return run


@transaction.atomic
def resume_run(*, run: Run, actor: User | None) -> Run:
    """Queue a failed or cancelled run again; it goes on from its last checkpoint if it has one.

    Raises Conflict where data that it was to learn from, or learned from, was erased since.
    """
    refuse_quarantined_base(base_of(run))
    if run.snapshot is not None:
        take_turn_with_erasures(run.snapshot)
        _refuse_withdrawn(run.snapshot)
    changed = Run.objects.filter(pk=run.pk, state__in=[State.FAILED, State.CANCELLED]).update(
        state=State.QUEUED,
        queued_at=timezone.now(),
        finished_at=None,
        cancel_requested=False,
        reason="",
        losses=0,
    )
    if not changed:
        raise Conflict(_("Only a failed or cancelled run can be taken up again."))
    trials.reopen(run)
    audit.record("run.resumed", run, actor=actor.pk if actor else None)
    enqueue_on_commit(tasks.execute_run, run.pk)
    run.refresh_from_db()
    return run
