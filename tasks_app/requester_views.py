"""The requester's pages: projects, items, import."""

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import roles
from accounts.http import SignedIn
from accounts.models import Role
from common.currencies import to_major
from common.errors import DomainError
from common.ids import uuid7
from rewards import fair_rate
from rewards.forms import minor_of
from rewards.services import ledger
from tasks_app import access, item_pages, selectors
from tasks_app.designer.steps import gallery_cards, steps_of
from tasks_app.field_help import field_help
from tasks_app.fields.schema import fields_to_json
from tasks_app.forms import FundForm, ImportForm, ProjectForm
from tasks_app.models import ImportJob, Item, Project
from tasks_app.services import imports, projects

_ACTIONS = {
    "publish": projects.publish_project,
    "pause": projects.pause_project,
    "finish": projects.finish_project,
}


@login_required
@require_GET
def project_list(request: SignedIn) -> HttpResponse:
    shown = list(selectors.projects_of(request.user).order_by("-created_at")[:50])
    progress = selectors.progress_of_each([project.pk for project in shown])
    money = ledger.balances_of_each([(project.pk, project.currency) for project in shown])
    rows = [
        {
            "project": project,
            "progress": progress[project.pk],
            "money": money[project.pk, project.currency],
        }
        for project in shown
    ]
    may_create = Role.REQUESTER in roles.site_roles(request.user)
    return render(request, "tasks_app/projects.html", {"rows": rows, "may_create": may_create})


def _money(project: Project) -> Any:
    return ledger.balances(project_id=project.pk, currency=project.currency)


@login_required
@require_http_methods(["GET", "POST"])
def project_new(request: SignedIn) -> HttpResponse:
    roles.require_site_role(request.user, Role.REQUESTER)
    if request.method == "POST":
        chosen = request.POST.get("template", "")
        settings = {} if chosen else {"title": _("New project")}
        project = projects.create_project(owner=request.user, template=chosen, **settings)
        return redirect("project-design", project_id=project.pk)
    context = {"templates": gallery_cards(), "steps": steps_of(None, "gallery")}
    return render(request, "tasks_app/project_new.html", context)


def project_page(request: SignedIn, project: Project, tab: str, **context: Any) -> dict[str, Any]:
    """What every page of one project shows around its own content."""
    held = roles.roles_in(request.user, project.pk)
    may_manage = project.owner_id == request.user.pk or Role.REQUESTER in held
    if "rate" not in context:  # a page that shows more of either brings it along
        context["rate"] = fair_rate.rate_of(project.pk, project.currency)
    if "money" not in context:
        context["money"] = SimpleLazyObject(lambda: _money(project))  # most pages do not show it
    page = {"project": project, "tab": tab, "may_manage": may_manage}
    return {**page, "current": "review" if tab == "review" else "projects", **context}


@login_required
@require_GET
def project_overview(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = access.project_for(request.user, project_id, Role.REVIEWER)
    progress = selectors.progress(project.pk)
    context = project_page(
        request,
        project,
        "overview",
        progress=progress,
        text_bytes=progress.closed * selectors.usual_text_bytes(project.pk),
        missing=projects.missing_to_publish(project) if project.state == Project.State.DRAFT else [],
        fund_form=FundForm(),
        fields=selectors.current_fields(project),
    )
    template = "tasks_app/_project_progress.html" if request.htmx else "tasks_app/project.html"
    return render(request, template, context)


@login_required
@require_POST
def project_action(request: SignedIn, project_id: UUID, action: str) -> HttpResponse:
    project = access.project_for(request.user, project_id)
    _ACTIONS[action](project=project, actor=request.user)
    messages.success(
        request,
        {"publish": _("Published."), "pause": _("Paused."), "finish": _("Finished.")}[action],
    )
    return redirect("project", project_id=project.pk)


@login_required
@require_POST
def project_fund(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = access.project_for(request.user, project_id)
    form = FundForm(request.POST)
    amount = minor_of(form, form.cleaned_data["amount"], project.currency) if form.is_valid() else 0
    if amount:
        key = f"page:{request.POST.get('key') or uuid7()}"[:100]
        projects.fund_project(project=project, amount_minor=amount, actor=request.user, key=key)
        messages.success(request, _("The money is in the project's escrow."))
    else:
        messages.error(request, " ".join(str(problem) for problem in form.errors["amount"]))
    return redirect("project", project_id=project.pk)


@login_required
@require_http_methods(["GET", "POST"])
def project_settings(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = access.project_for(request.user, project_id)
    version = project.schema_versions.order_by("-number").first()
    initial = {
        "reward": to_major(project.reward_minor, project.currency),
        # Through the parsed fields: the database keeps no order of keys, and "name" should come first.
        "fields_json": json.dumps(
            fields_to_json(selectors.current_fields(project)), ensure_ascii=False, indent=2
        ),
    }
    form = ProjectForm(request.POST or None, instance=project, initial=initial)
    if request.method == "POST" and form.is_valid() and _saved(project, form, request):
        return redirect("project-settings", project_id=project.pk)
    if form.errors:
        project.refresh_from_db()  # the form has written into it what is not saved
    context = project_page(
        request,
        project,
        "settings",
        form=form,
        fields=selectors.current_fields(project),
        version=version,
        field_help=field_help(),
        reveals=access.may_reveal(request.user, project),
    )
    return render(request, "tasks_app/settings.html", context, status=422 if form.errors else 200)


def _saved(project: Project, form: ProjectForm, request: SignedIn) -> bool:
    """What the project's rules refuse is written into the form, so that nothing typed is lost."""
    try:
        projects.update_project(project=project, actor=request.user, **form.settings())
    except DomainError as refused:
        for words in [problem.detail for problem in refused.problems] or [refused.message]:
            form.add_error(None, words)
        return False
    messages.success(request, _("Saved."))
    return True


@login_required
@require_GET
def project_items(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = access.project_for(request.user, project_id, Role.REVIEWER)
    state, words = request.GET.get("state", ""), request.GET.get("q", "").strip()
    state = state if state in Item.State.values else ""
    after, before = _number(request, "after"), _number(request, "before")
    found = _number(request, "found") or 0
    if words:
        looked = _number(request, "looked") or 0
        enough = max(1, item_pages.SIZE - found)
        page = item_pages.search_items(
            project, words=words, state=state, after=after, looked=looked, enough=enough
        )
    else:
        page = item_pages.item_page(project, state=state, after=after, before=before)
    shown = {"page": page, "state": state, "q": words, "found": found + len(page.items)}
    if request.htmx and words and after is not None:
        return render(request, "tasks_app/_item_rows.html", {"project": project, **shown})
    context = project_page(request, project, "items", **shown, states=Item.State.values)
    template = "tasks_app/_items.html" if request.htmx else "tasks_app/items.html"
    return render(request, template, context)


def _number(request: SignedIn, name: str) -> int | None:
    raw = request.GET.get(name, "")
    return min(int(raw), 2**62) if raw.isascii() and raw.isdigit() else None


@login_required
@require_http_methods(["GET", "POST"])
def project_import(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = access.project_for(request.user, project_id)
    if request.method == "POST" and "sample" in request.POST:
        imports.import_sample(project=project, actor=request.user)
        return redirect("project-import", project_id=project.pk)
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        imports.start_import(
            project=project,
            actor=request.user,
            chunks=file.chunks(),
            format=imports.format_of(content_type=file.content_type or "", name=file.name),
            options={
                "keep_duplicates": form.cleaned_data["keep_duplicates"],
                **imports.terms_option(**form.terms()),
            },
        )
        messages.success(request, _("The file is here. Its import goes on also when you leave this page."))
        return redirect("project-import", project_id=project.pk)
    jobs = ImportJob.objects.filter(project=project).order_by("-created_at")[:10]
    running = any(job.state in {"queued", "running"} for job in jobs)
    sample = imports.has_sample(project)
    context = project_page(request, project, "import", form=form, jobs=jobs, running=running, sample=sample)
    template = "tasks_app/_import_jobs.html" if request.htmx else "tasks_app/import.html"
    return render(request, template, context, status=422 if form.errors else 200)
