"""The annotator's pages: what there is to do, and the workbench."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from accounts.http import SignedIn
from tasks_app import access, selectors
from tasks_app.workbench import workbench_config

# Of each project; whoever has so much before them does not ask for the exact number.
_MOST_LEFT = 100


@login_required
@require_GET
def catalogue(request: SignedIn) -> HttpResponse:
    entries = selectors.catalogue(request.user, most=_MOST_LEFT)
    return render(request, "tasks_app/catalogue.html", {"entries": entries, "most_left": _MOST_LEFT})


@login_required
@require_GET
@ensure_csrf_cookie
def workbench(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = access.project_to_answer(request.user, project_id)
    config = workbench_config(project, request.user)
    return render(request, "tasks_app/workbench.html", {"project": project, "config": config})
