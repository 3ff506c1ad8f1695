from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import SignedIn
from common.errors import DomainError
from common.form_errors import write_refusal
from training import access, desk_page, selectors, trainers
from training.curve_page import CurvePage
from training.evaluation_page import EvaluationPage
from training.forms import PlaceForm, RunForm
from training.run_page import RunPage
from training.search_page import SearchPage
from training.services import queue, runs

PAST_RUNS = 30


def _form(request: SignedIn) -> RunForm:
    projects = (
        access.projects_of_admin(request.user).order_by("-created_at").prefetch_related("schema_versions")
    )
    recipes = access.recipes_for(request.user).order_by("name")[:200]
    return RunForm(request.POST or None, projects=list(projects[:200]), recipes=recipes)


def _live(request: SignedIn) -> dict[str, object]:
    desk = trainers.desk()
    return {
        "desk": desk,
        "live_runs": desk_page.live_runs(request.user, desk),
    }


@login_required
@require_http_methods(["GET", "POST"])
def training(request: SignedIn) -> HttpResponse:
    access.require_trainer_desk(request.user)
    form = _form(request)
    if request.method == "POST" and form.is_valid() and (started := _start(request, form)):
        return started
    past = [RunPage.brief(run) for run in selectors.past_runs(request.user)[:PAST_RUNS]]
    context = {"form": form, "past": past, **_live(request)}
    return render(request, "training/training.html", context, status=422 if form.errors else 200)


def _start(request: SignedIn, form: RunForm) -> HttpResponse | None:
    """The answer to a good form; None, with the refusal written into the form, for one that is refused."""
    project_id, field = form.target_of()
    project = access.project_to_train(request.user, UUID(project_id))
    try:
        run = runs.start_run(
            project=project,
            field=field,
            recipe=form.recipe(),
            priority=form.cleaned_data["priority"] or 0,
            search=form.search_of(),
            actor=request.user,
        )
    except DomainError as refused:
        write_refusal(form, refused)
        return None
    messages.success(request, _("Run %d waits for a trainer.") % run.number)
    return redirect("run", run.pk)


@login_required
@require_GET
def training_live(request: SignedIn) -> HttpResponse:
    access.require_trainer_desk(request.user)
    return render(request, "training/_live.html", _live(request))


def _shown(page: RunPage) -> dict[str, object]:
    return {"page": page, "run": page.run, "search": SearchPage.of(page.run), "desk": trainers.desk()}


@login_required
@require_GET
def trials_csv(request: SignedIn, run_id: UUID) -> HttpResponse:
    search = SearchPage.of(access.run_for(request.user, run_id))
    name = f"trials-{run_id}.csv"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(search.csv() if search else "", content_type="text/csv", headers=disposition)


@login_required
@require_GET
def run(request: SignedIn, run_id: UUID) -> HttpResponse:
    page = RunPage.of(access.run_for(request.user, run_id))
    context = {
        **_shown(page), "current": "training",
        "evaluation": EvaluationPage(page.run, page.metric) if page.run.report else None,
        "curves": CurvePage(page.run),
    }  # fmt: skip
    return render(request, "training/run.html", context)


@login_required
@require_GET
def run_live(request: SignedIn, run_id: UUID) -> HttpResponse:
    """What changes while a run is at work. When it or its search has ended, the page is asked for again."""
    page = RunPage.of(access.run_for(request.user, run_id))
    context = {**_shown(page), "swapped": True}
    response = render(request, "training/_run_live.html", context)
    search = SearchPage.of(page.run)
    has_searched = "searching" in request.GET and search is not None and not search.is_searching
    if has_searched or not page.run.is_live:
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_POST
def cancel(request: SignedIn, run_id: UUID) -> HttpResponse:
    changed = runs.cancel_run(run=access.run_for(request.user, run_id), actor=request.user)
    messages.success(request, _("Cancelled.") if not changed.is_live else _("It stops within seconds."))
    return redirect("run", run_id)


@login_required
@require_POST
def place(request: SignedIn, run_id: UUID) -> HttpResponse:
    """Another place in the queue."""
    form, run = PlaceForm(request.POST), access.run_for(request.user, run_id)
    if form.is_valid() and form.cleaned_data["first"]:
        queue.advance_run(run=run, actor=request.user)
    elif form.is_valid():
        queue.prioritise_run(run=run, priority=form.cleaned_data["priority"] or 0, actor=request.user)
    return redirect("training")


@login_required
@require_POST
def resume(request: SignedIn, run_id: UUID) -> HttpResponse:
    runs.resume_run(run=access.run_for(request.user, run_id), actor=request.user)
    messages.success(request, _("It goes on from its last checkpoint as soon as a trainer is free."))
    return redirect("run", run_id)
