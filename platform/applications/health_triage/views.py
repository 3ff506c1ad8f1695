import csv
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import SignedIn
from applications import selectors as shared
from applications.access import project_with
from applications.health_triage import calibrating, coverage_page, disclaimer, selectors, words
from applications.health_triage.disclaimer import TEMPLATE
from applications.health_triage.forms import MessageForm, RiskForm
from applications.health_triage.models import AbstainedCase
from applications.health_triage.services.calibration import ask_calibration
from applications.health_triage.services.cases import make_tasks
from applications.health_triage.services.risk import set_risk
from applications.health_triage.services.triage import Triaged, triage_texts
from common.errors import DomainError
from tasks_app.models import Project
from tasks_app.requester_views import project_page
from training.views.at_work import at_work

EXPORTED = 10_000


def _page(request: SignedIn, project: Project, here: str, **context: Any) -> dict[str, Any]:
    return project_page(
        request, project, "application", here=here, disclaimer=disclaimer.words(),
        emergency=disclaimer.emergency(), waiting_count=selectors.waiting_cases(project).count(), **context,
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "POST"])
def triage(request: SignedIn, project_id: UUID) -> HttpResponse:
    """A message in, a suggestion out, or that a person has to look."""
    project, kind = project_with(request.user, project_id, TEMPLATE)
    form = MessageForm(request.POST or None)
    found = _asked(request, project, form) if request.method == "POST" and form.is_valid() else None
    context = _page(
        request, project, "triage", form=form, about=shared.about(project, kind),
        answer=words.answer(found, form.cleaned_data["text"]) if found else None,
    )  # fmt: skip
    status = 422 if form.errors else 200
    return render(request, "health_triage/triage.html", context, status=status)


def _asked(request: SignedIn, project: Project, form: MessageForm) -> Triaged | None:
    try:
        [found] = triage_texts(project=project, texts=[form.cleaned_data["text"]], actor=request.user)
    except DomainError as refused:
        form.add_error(None, refused.message)
        return None
    return found


@login_required
@require_http_methods(["GET", "POST"])
def coverage(request: SignedIn, project_id: UUID) -> HttpResponse:
    """What is promised and what came of it; POST sets what may go wrong."""
    project, _kind = project_with(request.user, project_id, TEMPLATE)
    work, label = calibrating.at_work(project), _("The versions are being asked about the items held back.")
    if request.headers.get("HX-Request"):
        return at_work(request, work, label)
    state = selectors.state_of(project)
    form = RiskForm(request.POST or None, instance=state.setting, initial=_tried(request))
    if request.method == "POST" and form.is_valid() and _set(request, project, form):
        return redirect("health-triage-coverage", project.pk)
    context = _page(
        request,
        project,
        "coverage",
        form=form,
        state=state,
        work=work,
        label=label,
        **coverage_page.context(state),
    )
    status = 422 if form.errors else 200
    return render(request, "health_triage/coverage.html", context, status=status)


def _tried(request: SignedIn) -> dict[str, str]:
    """A promise that somebody looks at in the table of what each costs, before they save it."""
    return {name: value for name in ("wrong", "under_triage") if (value := request.GET.get(name, ""))}


def _set(request: SignedIn, project: Project, form: RiskForm) -> bool:
    try:
        set_risk(project=project, actor=request.user, **form.cleaned_data)
    except DomainError as refused:
        form.refuse(refused)
        return False
    messages.success(request, _("Saved. Suggestions follow it from now on."))
    return True


@login_required
@require_POST
def calibrate(request: SignedIn, project_id: UUID) -> HttpResponse:
    project, _kind = project_with(request.user, project_id, TEMPLATE)
    try:
        ask_calibration(project=project, actor=request.user)
    except DomainError as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("It is being calibrated. It takes a moment."))
    return redirect("health-triage-coverage", project.pk)


@login_required
@require_http_methods(["GET", "POST"])
def abstained(request: SignedIn, project_id: UUID) -> HttpResponse:
    """Messages that a person has to look at, the most urgent first; POST makes tasks of those ticked."""
    project, _kind = project_with(request.user, project_id, TEMPLATE)
    if request.method == "POST":
        _make_tasks(request, project)
        return redirect("health-triage-abstained", project.pk)
    page = Paginator(selectors.waiting_cases(project), 50).get_page(request.GET.get("page"))
    cases = selectors.cases_of(project)
    counts = {state.value: cases.filter(state=state).count() for state in AbstainedCase.State}
    rows = [words.case(row) for row in page]
    context = _page(
        request, project, "abstained", rows=rows, page=page, tasks=counts["task"], making=counts["making"]
    )
    return render(request, "health_triage/abstained.html", context)


def _make_tasks(request: SignedIn, project: Project) -> None:
    try:
        chosen = [UUID(one) for one in request.POST.getlist("cases")]
        made = make_tasks(project=project, case_ids=chosen, actor=request.user)
    except ValueError:
        messages.error(request, _("This cannot be read."))
    except DomainError as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("Tasks are being made: %d.") % len(made))


@login_required
@require_GET
def export(request: SignedIn, project_id: UUID) -> HttpResponse:
    """What waits, as a table; its first line is the disclaimer."""
    project, _kind = project_with(request.user, project_id, TEMPLATE)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="abstained.csv"'
    table = csv.writer(response)
    table.writerow([f"# {disclaimer.words()}"])
    table.writerow(["id", "created_at", "highest_urgency", "reasons", "text"])
    for row in selectors.waiting_cases(project)[:EXPORTED]:
        table.writerow(words.exported(row))
    return response
