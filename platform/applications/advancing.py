"""What carries a set-up on: each step does what can be done now, or waits for what others do meanwhile.

Import and training are other workers' jobs with rows of their own, so nothing here blocks on them: a beat
looks every few seconds. One process at a time has a set-up's turn; a killed one's turn ends with it, and as
each step leaves its result in the row, the next process goes on from there.
"""

import logging
from collections.abc import Callable
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.services.ends import tell_end
from applications import measuring
from applications.kinds import Kind, find_kind
from applications.models import Setup
from common.errors import DomainError
from common.turns import turn
from privacy.pii.logs import message_of
from tasks_app.models import ImportJob
from training.engine.errors import EngineError
from training.models import ModelVersion, Run
from training.services.registry import promote_version
from training.services.runs import start_run
from training.services.snapshots import freeze_snapshot

logger = logging.getLogger(__name__)
Step, State = Setup.Step, Setup.State


class StepFailed(Exception):
    """The set-up ends here; the text is for whoever asked for it."""


def under_way() -> list[UUID]:
    return list(Setup.objects.filter(state=State.RUNNING).values_list("pk", flat=True))


def advance(setup_id: UUID) -> None:
    """Do every step that can be done now."""
    with turn(f"setup {setup_id}") as mine:
        setup = Setup.objects.select_related("project", "created_by").get(pk=setup_id)
        if not mine or setup.state != State.RUNNING:
            return
        try:
            while setup.state == State.RUNNING and _STEPS[Step(setup.step)](setup, find_kind(setup.kind)):
                _next(setup)
        except (StepFailed, DomainError, EngineError, OSError) as error:
            _fail(setup, str(error))
        except Exception as error:
            logger.exception("Set-up %s failed at %s", setup_id, setup.step)
            _fail(setup, _("An error of ours: %s") % message_of(error))


def _next(setup: Setup) -> None:
    steps = list(Step)
    place = steps.index(Step(setup.step)) + 1
    if place == len(steps):
        _end(setup, State.SUCCEEDED)
    else:
        setup.step = steps[place]
        setup.save()


@transaction.atomic
def _end(setup: Setup, state: str) -> None:
    setup.state, setup.done_at = state, timezone.now()
    setup.save()
    tell_end(setup.end_note(), good=state == State.SUCCEEDED)


def _fail(setup: Setup, reason: str) -> None:
    setup.reason = reason[:500]
    _end(setup, State.FAILED)


def _import(setup: Setup, kind: Kind) -> bool:
    jobs = list(ImportJob.objects.filter(pk__in=setup.imports))
    for job in jobs:
        if job.state == ImportJob.State.FAILED:
            raise StepFailed(_("The data could not be imported: %s") % job.reason)
        if job.state == ImportJob.State.SUCCEEDED and not job.imported:
            raise StepFailed(_("Nothing of the data could be imported: %s") % _first_problem(job))
    return all(job.state == ImportJob.State.SUCCEEDED for job in jobs)


def _first_problem(job: ImportJob) -> str:
    return f"{job.errors[0]['line']}: {job.errors[0]['detail']}" if job.errors else ""


def _train(setup: Setup, kind: Kind) -> bool:
    """Start a run for each field, all on one snapshot; done when the last has ended."""
    if missing := [field for field in (*kind.fields, *kind.optional) if field not in setup.runs]:
        _start_runs(setup, kind, missing)
    runs = {str(run.pk): run for run in Run.objects.filter(pk__in=setup.runs.values())}
    for field, run_id in setup.runs.items():
        run = runs[run_id]
        if run.state in (Run.State.FAILED, Run.State.CANCELLED):
            reason = run.reason or run.state
            _without(setup, kind, field, _("The training of “%(field)s” ended: %(why)s"), reason)
    return all(run.state not in (Run.State.QUEUED, Run.State.RUNNING) for run in runs.values())


def _start_runs(setup: Setup, kind: Kind, fields: list[str]) -> None:
    """Together or not at all, so that nothing is trained twice. Equal data is never frozen twice."""
    snapshot, _new = freeze_snapshot(project=setup.project, actor=setup.created_by)
    recipe = kind.gallery.recipe
    with transaction.atomic():
        for field in fields:
            run = start_run(
                project=setup.project, field=field, snapshot=snapshot, actor=setup.created_by,
                recipe={**recipe, **kind.recipes.get(field, {})},
            )  # fmt: skip
            setup.runs[field] = str(run.pk)
        setup.save(update_fields=["runs"])


def _promote(setup: Setup, kind: Kind) -> bool:
    """Through the gate, as any other version: one that is no better than a rule does not answer."""
    for version in ModelVersion.objects.filter(run__in=setup.runs.values()).select_related("model", "run"):
        field = version.model.field
        if version.stage != ModelVersion.Stage.PRODUCTION:
            try:
                promote_version(version=version, actor=setup.created_by)
            except DomainError as refused:
                _without(setup, kind, field, _("“%(field)s” does not answer: %(why)s"), refused.message)
                continue
        setup.promoted[field] = version.number
    return True


def _without(setup: Setup, kind: Kind, field: str, words: str, why: str) -> None:
    """Go on without an optional field, and say so; a needed one ends the set-up."""
    said = words % {"field": field, "why": why}
    if field in kind.fields:
        raise StepFailed(said)
    if said not in setup.notes:
        setup.notes.append(said)


def _prepare(setup: Setup, kind: Kind) -> bool:
    kind.prepare(setup.project)
    return True


def _use(setup: Setup, kind: Kind) -> bool:
    user = setup.created_by
    if user is None:  # erased meanwhile
        raise StepFailed(_("Whoever asked for this is not here any more."))
    setup.said = kind.first_use(setup.project, user)
    setup.answered_at = timezone.now()
    return True


def _measure(setup: Setup, kind: Kind) -> bool:
    measuring.measure(setup.project, kind)
    return True


_STEPS: dict[Setup.Step, Callable[[Setup, Kind], bool]] = {
    Step.IMPORT: _import,
    Step.TRAIN: _train,
    Step.PROMOTE: _promote,
    Step.PREPARE: _prepare,
    Step.USE: _use,
    Step.MEASURE: _measure,
}
