from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.http import SignedIn
from applications import access
from applications.recommendation import page as pages
from applications.recommendation import taste
from applications.recommendation.forms import AskForm, MixtureForm, TasksForm, UploadForm
from applications.recommendation.services import dismissing, mixing, publishing, recommending, uploading
from common.errors import DomainError
from tasks_app.models import Project
from tasks_app.requester_views import project_page

TEMPLATE = "recommendation"
SHOWN_PROBLEMS = 20


def _project(request: SignedIn, project_id: UUID) -> Project:
    return access.project_with(request.user, project_id, TEMPLATE)[0]


@login_required
@require_GET
def page(request: SignedIn, project_id: UUID) -> HttpResponse:
    return _page(request, project_id)


def _page(request: SignedIn, project_id: UUID, status: int = 200, **changed: Any) -> HttpResponse:
    project, kind = access.project_with(request.user, project_id, TEMPLATE)
    shown = {**pages.context(project, kind), **changed}
    template = "recommendation/_mixture.html" if request.htmx else "recommendation/page.html"
    return render(request, template, project_page(request, project, "application", **shown), status=status)


@login_required
@require_POST
def ranked(request: SignedIn, project_id: UUID) -> HttpResponse:
    """The list alone, below the form. By POST: what somebody likes belongs in no address and no log."""
    project = _project(request, project_id)
    form = AskForm(request.POST)
    try:
        if not form.is_valid():
            problems = [str(error) for errors in form.errors.values() for error in errors]
            return render(request, "recommendation/_refused.html", {"problems": problems}, status=422)
        said = form.cleaned_data
        if said["person"]:
            found = taste.taste_of_person(project, said["person"])
        else:
            found = taste.taste_of_interests(said["interests"])
        answer = recommending.recommend(project=project, taste=found, count=10, actor=request.user)
    except DomainError as refused:
        context = {"problems": [refused.message]}
        return render(request, "recommendation/_refused.html", context, status=refused.status)
    return render(request, "recommendation/_list.html", pages.list_context(project, found, answer))


@login_required
@require_POST
def dismiss(request: SignedIn, project_id: UUID) -> HttpResponse:
    said = request.POST
    dismissing.dismiss(
        project=_project(request, project_id), item_id=said.get("item", ""), actor=request.user,
        prediction_id=_uuid(said.get("prediction", "")), person_id=_uuid(said.get("person", "")),
    )  # fmt: skip
    return render(request, "recommendation/_dismissed.html")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return UUID(int=0)  # nobody's: answered as any other that is not there


@login_required
@require_POST
def upload(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = _project(request, project_id)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, project_id, 422, upload=form)
    file = form.cleaned_data["file"]
    try:
        done = uploading.push_file(
            project=project, kind=form.cleaned_data["kind"], name=file.name, chunks=file.chunks(),
            actor=request.user,
        )  # fmt: skip
    except DomainError as refused:
        form.add_error("file", refused.message)
        return _page(request, project_id, 422, upload=form)
    return _page(request, project_id, pushed=done, problems=done.problems[:SHOWN_PROBLEMS])


@login_required
@require_POST
def mixture(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = _project(request, project_id)
    form = MixtureForm(request.POST)
    if not form.is_valid():
        return _page(request, project_id, 422, settings=form)
    share = form.cleaned_data["diversity_percent"] / 100
    mixing.set_diversity(project=project, diversity=share, actor=request.user)
    messages.success(request, _("Saved."))
    return redirect("recommendation", project_id)


@login_required
@require_POST
def learn(request: SignedIn, project_id: UUID) -> HttpResponse:
    mixing.ask_to_learn(project=_project(request, project_id), actor=request.user)
    return redirect("recommendation", project_id)


@login_required
@require_POST
def make_tasks(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = _project(request, project_id)
    form = TasksForm(request.POST)
    if not form.is_valid():
        return _page(request, project_id, 422, tasks=form)
    try:
        _job, number = publishing.publish_pairs(
            project=project, count=form.cleaned_data["count"], actor=request.user
        )
    except DomainError as refused:
        form.add_error("count", refused.message)
        return _page(request, project_id, 422, tasks=form)
    said = ngettext("%d pair is being imported.", "%d pairs are being imported.", number) % number
    messages.success(request, said)
    return redirect("recommendation", project_id)
