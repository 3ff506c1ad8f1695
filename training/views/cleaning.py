"""Sending what a cleaning report found to review, and deciding on it."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.http import SignedIn
from tasks_app.access import project_for
from tasks_app.models import Project
from tasks_app.requester_views import project_page
from training import access, cleaning_page
from training.models import AnalysisFinding, CleaningTask
from training.services.cleaning import decide_cleaning, send_to_review
from training.services.label_errors import send_suspects


@login_required
@require_GET
def tasks(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = project_for(request.user, project_id)
    state = request.GET.get("state", CleaningTask.State.OPEN)
    state = state if state in CleaningTask.State.values else CleaningTask.State.OPEN
    context = cleaning_page.tasks_of(project, state, request.GET)
    return render(
        request, "training/analysis/tasks.html", project_page(request, project, "analysis", **context)
    )


@login_required
@require_POST
def send(request: SignedIn, project_id: UUID) -> HttpResponse:
    """The chosen findings, or all that the page showed."""
    project = project_for(request.user, project_id)
    findings = _wanted(request, project)
    sent = send_to_review(project=project, findings=findings, actor=request.user).sent
    words = ngettext("%d item waits for a decision now.", "%d items wait for a decision now.", sent) % sent
    messages.success(request, words)
    kind = findings[0].kind if findings else ""
    return redirect(f"{reverse('analysis-part', args=[project.pk, 'cleaning'])}?kind={kind}")


@login_required
@require_POST
def suspects(request: SignedIn, project_id: UUID) -> HttpResponse:
    """The same of suspected labels, which go to the reviewers' queue."""
    project = project_for(request.user, project_id)
    ask_again = request.POST.get("ask_again") == "on"
    findings = _wanted(request, project)
    sent = send_suspects(project=project, findings=findings, actor=request.user, ask_again=ask_again).sent
    words = ngettext("%d item waits for a reviewer now.", "%d items wait for a reviewer now.", sent) % sent
    messages.success(request, words)
    field = findings[0].kind
    return redirect(f"{reverse('analysis-part', args=[project.pk, 'label_errors'])}?kind={field}")


def _wanted(request: SignedIn, project: Project) -> list[AnalysisFinding]:
    name = "shown" if request.POST.get("what") == "page" else "finding"
    return access.findings_of(project, request.POST.getlist(name))


@login_required
@require_POST
def decide(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = project_for(request.user, project_id)
    chosen = access.task_ids(request.POST.getlist("task"))
    decision = request.POST.get("decision", "")
    done = decide_cleaning(project=project, task_ids=chosen, decision=decision, actor=request.user)
    messages.success(request, _("Decided: %d") % len(done))
    return redirect(f"{reverse('cleaning-tasks', args=[project.pk])}?state={request.POST.get('state', '')}")
