from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import roles
from accounts.http import SignedIn
from accounts.models import Role
from applications import access, selectors
from applications.models import Setup
from applications.services.figures import ask_figures
from applications.services.setups import start_setup
from training.words import duration


@login_required
@require_GET
def applications(request: SignedIn) -> HttpResponse:
    """What there is to set up, and what this person has set up."""
    held = roles.site_roles(request.user)
    context = {
        "offers": selectors.offers(get_language() or "en"),
        "setups": [_shown(setup) for setup in selectors.setups_of(request.user)[:20]],
        "may_start": bool({Role.REQUESTER, Role.ADMIN} & held),
        "current": "projects",
    }
    return render(request, "applications/applications.html", context)


@login_required
@require_POST
def start(request: SignedIn) -> HttpResponse:
    setup = start_setup(
        application=request.POST.get("application", ""),
        actor=request.user,
        language=request.POST.get("language", ""),
    )
    return redirect("application-setup", setup.pk)


@login_required
@require_POST
def first_model(request: SignedIn) -> HttpResponse:
    """The smallest set-up, in the reader's language; asked for twice, it is the same one."""
    language = (get_language() or "en").partition("-")[0]
    row = start_setup(
        application="first-model", actor=request.user, language=language, title=_("First model")
    )
    return redirect("application-setup", row.pk)


@login_required
@require_GET
def setup(request: SignedIn, setup_id: UUID) -> HttpResponse:
    row = access.setup_for(request.user, setup_id)
    template = "applications/_setup_live.html" if request.htmx else "applications/setup.html"
    return render(request, template, {"setup": row, **_live(row), "current": "projects"})


@login_required
def application(request: SignedIn, project_id: UUID) -> HttpResponse:
    """To the page of the project's own kind of application."""
    project, kind = access.project_with(request.user, project_id)
    return redirect(kind.page, project.pk)


@login_required
@require_POST
def measure(request: SignedIn, project_id: UUID) -> HttpResponse:
    project, kind = access.project_with(request.user, project_id)
    ask_figures(project=project)
    messages.success(request, _("The figures are being measured. It takes a moment."))
    return redirect(kind.page, project.pk)


def _live(row: Setup) -> dict[str, Any]:
    runs = selectors.runs_of(row)
    answered = selectors.seconds_to_answer(row)
    return {
        "runs": runs,
        "model": selectors.only_model(row),
        "steps": selectors.steps(row),
        "percent": round(100 * selectors.progress(row, runs)),
        "is_live": row.state == Setup.State.RUNNING,
        "taken": duration(selectors.seconds_so_far(row)),
        "answered": duration(answered) if answered is not None else "",
    }


def _shown(row: Setup) -> dict[str, Any]:
    return {"row": row, "title": row.project.title, "step": selectors.STEPS[Setup.Step(row.step)]}
