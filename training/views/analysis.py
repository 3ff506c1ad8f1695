"""Pages of what was found in a project's texts and answers; one for each part, and the job above them."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.http import SignedIn
from common.errors import DomainError
from tasks_app.access import project_for
from tasks_app.models import Project
from tasks_app.requester_views import project_page
from training import access, analysis_bodies, analysis_page
from training.analysis_page import FilterForm
from training.analysis_parts import part_of
from training.services import analysis as service


@login_required
@require_GET
def analysis(request: SignedIn, project_id: UUID, part: str = "cleaning") -> HttpResponse:
    project = project_for(request.user, project_id)
    access.require_part(part)
    return render(request, "training/analysis/page.html", _context(request, project, part))


@login_required
@require_GET
def live(request: SignedIn, project_id: UUID, part: str) -> HttpResponse:
    """Only the job's state; when it has ended the page is fetched anew."""
    project = project_for(request.user, project_id)
    state = analysis_page.state_of(project)
    answer = render(request, "training/analysis/_state.html", {**state, "project": project, "part": part})
    if state["wish"] is None or not state["wish"].is_live:
        answer["HX-Refresh"] = "true"
    return answer


@login_required
@require_POST
def ask(request: SignedIn, project_id: UUID, part: str) -> HttpResponse:
    project = project_for(request.user, project_id)
    access.require_part(part)
    chosen = analysis_page.options_from(request.POST, analysis_page.latest(project))
    try:
        service.ask_analysis(project=project, actor=request.user, options=chosen)
    except DomainError as refused:
        context = {**_context(request, project, part), "refused": refused}
        return render(request, "training/analysis/page.html", context, status=refused.status)
    return redirect("analysis-part", project.pk, part)


@login_required
@require_POST
def cancel(request: SignedIn, project_id: UUID, part: str) -> HttpResponse:
    project = project_for(request.user, project_id)
    service.cancel_analysis(wish=access.analysis_of(project), actor=request.user)
    return redirect("analysis-part", project.pk, part)


def _context(request: SignedIn, project: Project, part: str) -> dict[str, Any]:
    state = analysis_page.state_of(project)
    form = FilterForm(request.GET or None, project=project)
    wish, result = state["wish"], state["results"].get(part_of(part))
    wanted = form.wanted()
    shown = analysis_bodies.SHOWN[part](project, result, wanted, request.GET) if result else {}
    return project_page(
        request, project, "analysis", **state, part=part, result=result, filter_form=form, wanted=wanted,
        tabs=analysis_page.tabs(project, part, state["results"]),
        outdated=wish is not None and not wish.is_live and analysis_page.is_outdated(wish),
        options=analysis_page.options_of(part, wish), body=f"training/analysis/_{part}.html", **shown,
    )  # fmt: skip
