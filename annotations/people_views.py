"""Pages about people: the requester's desk, and what the person concerned sees of a decision."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import SignedIn
from annotations import access, people
from annotations.forms import AppealForm, MeasureDecisionForm, MeasureForm
from annotations.models import Measure
from annotations.services import measures
from common.errors import DomainError
from tasks_app import access as tasks_access
from tasks_app.requester_views import project_page

_PAGE = 50


@login_required
@require_GET
def project_people(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = tasks_access.project_for(request.user, project_id)
    raw = request.GET.get("page", "0")
    page = min(int(raw), 10_000) if raw.isdecimal() else 0
    found = people.people_of(project, page=page, size=_PAGE)
    more = page + 1 if len(found) == _PAGE else None
    context = project_page(request, project, "people", people=found, previous=page - 1, page=page, more=more)
    return render(request, "annotations/people.html", context)


@login_required
@require_POST
def measure(request: SignedIn, project_id: UUID, annotator: str) -> HttpResponse:
    project = tasks_access.project_for(request.user, project_id)
    worker = people.person_named(project, annotator)
    form = MeasureForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say why: the person is shown this."))
        return redirect("project-people", project_id=project_id)
    kind, reason = form.cleaned_data["kind"], form.cleaned_data["reason"]
    try:
        if kind == "clear":
            measures.clear_signals(project=project, worker=worker, reason=reason, actor=request.user)
        else:
            measures.take_measure(
                project=project, worker=worker, kind=kind, reason=reason, actor=request.user
            )
    except DomainError as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("Done.") if kind == "clear" else _("Done; the person is told."))
    return redirect("project-people", project_id=project_id)


@login_required
@require_POST
def lift(request: SignedIn, measure_id: UUID) -> HttpResponse:
    row = access.measure_for(request.user, measure_id)
    measures.lift_measure(measure=row, reason=request.POST.get("reason", ""), actor=request.user)
    return redirect("project-people", project_id=row.project_id)


@login_required
@require_POST
def decide_measure(request: SignedIn, measure_id: UUID) -> HttpResponse:
    row = access.measure_for(request.user, measure_id)
    form = MeasureDecisionForm(request.POST)
    if form.is_valid():
        try:
            measures.decide_measure_appeal(measure=row, actor=request.user, **form.cleaned_data)
        except DomainError as refused:
            messages.error(request, refused.message)
    return redirect("project-people", project_id=row.project_id)


@login_required
@require_http_methods(["GET", "POST"])
def my_measure(request: SignedIn, measure_id: UUID) -> HttpResponse:
    """What was decided about me; to object, or to say that the instructions were read again."""
    row = access.own_measure(request.user, measure_id)
    form = AppealForm(request.POST if "text" in request.POST else None)
    if request.method == "POST" and "read" in request.POST:
        measures.finish_retraining(project=row.project, actor=request.user)
        messages.success(request, _("You can go on with this project."))
        return redirect("my-measure", measure_id=measure_id)
    if form.is_bound and form.is_valid():
        measures.appeal_measure(measure=row, text=form.cleaned_data["text"], actor=request.user)
        messages.success(request, _("Somebody will look at it."))
        return redirect("my-measure", measure_id=measure_id)
    context = {"measure": row, "form": form, "learns": row.kind == Measure.Kind.RETRAIN}
    return render(request, "annotations/my_measure.html", context, status=422 if form.errors else 200)
