"""A new project in four steps: gallery, fields, rules and pay, check and publish."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import roles
from accounts.http import SignedIn
from accounts.models import Role, User
from common.currencies import to_major, to_minor
from common.errors import DomainError
from tasks_app import access, selectors
from tasks_app.designer import beside
from tasks_app.designer.checking import check_text
from tasks_app.designer.controls import editor_words
from tasks_app.designer.forms import CARE, PAY, PEOPLE, WORK, EstimateForm, PilotForm, RulesForm
from tasks_app.designer.samples import sample_payloads
from tasks_app.designer.steps import gallery_cards, steps_of
from tasks_app.expecting import expect
from tasks_app.models import Item, Project
from tasks_app.requester_views import project_page
from tasks_app.services import designing, imports, projects, tries


def _page(request: SignedIn, project: Project, step: str, **context: Any) -> dict[str, Any]:
    return project_page(request, project, "design", steps=steps_of(project, step), step=step, **context)


@login_required
@require_http_methods(["GET", "POST"])
def design_gallery(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = access.project_for(request.user, project_id)
    if request.method == "POST":
        designing.apply_template(
            project=project, template=request.POST.get("template", ""), actor=request.user
        )
        return redirect("project-design", project_id=project.pk)
    return render(
        request,
        "tasks_app/design_gallery.html",
        _page(request, project, "gallery", templates=gallery_cards()),
    )


@login_required
@require_http_methods(["GET", "POST"])
def design_fields(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = access.project_for(request.user, project_id)
    text, base = designing.text_of(project, request.user)
    status = 200
    if request.method == "POST":
        text, base = request.POST.get("text", ""), _number(request.POST.get("base", ""))
        over = _number(request.POST.get("over", ""))  # the newer version that was looked at before
        try:
            designing.save_fields(
                project=project, text=text, base=base, over=over or None, actor=request.user
            )
        except DomainError as refused:
            messages.error(request, refused.message)
            status = refused.status
        else:
            return _go(
                request, project, {"back": "design-gallery", "next": "project-rules"}, "project-design"
            )
    context = _page(request, project, "fields", text=text, base=base, editor=_editor(project, text))
    context |= {"problems": check_text(text).problems, "version": designing.latest_version(project)}
    context |= _beside(project, request.user, text, base)
    return render(request, "tasks_app/design_fields.html", context, status=status)


def _beside(project: Project, person: User, text: str, base: int) -> dict[str, Any]:
    newer = beside.newer_version(project, base=base)
    return {
        "newer": newer,
        "next_number": newer.number + 1 if newer else None,
        "newer_changes": beside.changes_between(newer.fields, text) if newer else None,
        "others": beside.other_drafts(project, person, text),
    }


@login_required
@require_POST
def design_drop(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = access.project_for(request.user, project_id)
    designing.drop_draft(project=project, person=request.user)
    messages.success(request, _("Your draft is gone; this is the latest version."))
    return redirect("project-design", project_id=project.pk)


def _editor(project: Project, text: str) -> dict[str, Any]:
    """What the page's script works with; see static/js/designer/index.js."""
    rows = Item.objects.filter(project=project, restricted=False).exclude(state=Item.State.WITHDRAWN)
    own = list(rows.order_by("position").values_list("payload", flat=True)[:5])
    return {
        **editor_words(),
        "samples": own or sample_payloads(project.template, selectors.current_fields(project)),
        "language": project.languages[0] if project.languages else "en",
        "check": reverse("api-schema-check"),
        "draft": reverse("design-draft", args=[project.pk]),
    }


@login_required
@require_POST
def design_draft(request: SignedIn, project_id: UUID) -> HttpResponse:
    """What is in the editor is kept as it stands, while somebody types."""
    project = access.project_for(request.user, project_id)
    text, base = request.POST.get("text", "")[:400_000], _number(request.POST.get("base", ""))
    designing.keep_draft(project=project, person=request.user, text=text, base=base)
    return HttpResponse(status=204)


def _number(raw: str) -> int:
    return int(raw) if raw.isdecimal() and len(raw) < 7 else 0


def _go(request: SignedIn, project: Project, ways: dict[str, str], stay: str) -> HttpResponseRedirect:
    """Where the pressed button leads once everything is kept."""
    route = ways.get(request.POST.get("go", ""), "")
    if not route:
        messages.success(request, _("Saved."))
    return redirect(route or stay, project_id=project.pk)


@login_required
@require_http_methods(["GET", "POST"])
def design_rules(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = access.project_for(request.user, project_id)
    initial = {"reward": to_major(project.reward_minor, project.currency)}
    form = RulesForm(request.POST or None, instance=project, initial=initial)
    if request.method == "POST" and form.is_valid() and _saved(project, form, request):
        return _go(request, project, {"back": "project-design", "next": "project-check"}, "project-rules")
    if form.errors:
        project.refresh_from_db()  # the form has written into it what is not saved
    groups = [(title, [form[name] for name in names]) for title, names in _groups()]
    context = _page(request, project, "rules", form=form, groups=groups, expected=expect(project))
    return render(request, "tasks_app/design_rules.html", context, status=422 if form.errors else 200)


def _groups() -> list[tuple[str, tuple[str, ...]]]:
    return [
        (_("The task"), WORK),
        (_("Pay and answers"), PAY),
        (_("People"), PEOPLE),
        (_("Quality and privacy"), CARE),
    ]


def _saved(project: Project, form: RulesForm, request: SignedIn) -> bool:
    try:
        projects.update_project(project=project, actor=request.user, **form.settings())
    except DomainError as refused:
        for words in [problem.detail for problem in refused.problems] or [refused.message]:
            form.add_error(None, words)
        return False
    return True


@login_required
@require_GET
def design_estimate(request: SignedIn, project_id: UUID) -> HttpResponse:
    """The estimate for what stands in the form just now; with half a number in it, for what is saved."""
    project = access.project_for(request.user, project_id)
    form = EstimateForm(request.GET)
    if form.is_valid():
        sent = form.cleaned_data
        overlap = sent["overlap_min"], max(sent["overlap_min"], sent["overlap_max"])
        reward = to_minor(sent["reward"], project.currency)
        changed = overlap != (project.overlap_min, project.overlap_max)
        expected = expect(project, overlap=overlap if changed else None, reward_minor=reward)
    else:
        expected = expect(project)
    return render(request, "tasks_app/_estimate.html", {"project": project, "expected": expected})


@login_required
@require_GET
def design_check(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = access.project_for(request.user, project_id)
    tried = project.tries.filter(person=request.user).order_by("-started_at").first()
    context = _page(
        request,
        project,
        "check",
        missing=projects.missing_to_publish(project) if project.state == Project.State.DRAFT else [],
        fields=selectors.current_fields(project),
        progress=selectors.progress(project.pk),
        sample=imports.has_sample(project),
        draft=project.schema_drafts.filter(person=request.user).exists(),
        expected=expect(project),
        pilot_form=PilotForm(),
        tried=tried,
    )
    return render(request, "tasks_app/design_check.html", context)


@login_required
@require_POST
def pilot(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = access.project_for(request.user, project_id)
    if "end" in request.POST:
        designing.end_pilot(project=project, actor=request.user)
        messages.success(request, _("All items are asked now."))
    else:
        form = PilotForm(request.POST)
        if not form.is_valid():
            messages.error(request, " ".join(str(problem) for problem in form.errors["items"]))
            return redirect("project-check", project_id=project.pk)
        designing.start_pilot(project=project, items=form.cleaned_data["items"], actor=request.user)
        messages.success(request, _("The pilot is published."))
    return redirect("project-check", project_id=project.pk)


@login_required
@require_POST
def try_start(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = access.project_for(request.user, project_id)
    return redirect("try", try_id=tries.start_try(project=project, person=request.user).pk)


@login_required
@require_POST
def practice_start(request: SignedIn) -> HttpResponse:
    return redirect("try", try_id=tries.start_practice(person=request.user).pk)


@login_required
@require_POST
def sample_project(request: SignedIn) -> HttpResponse:
    """The guided sample project with its items, in one click; twice gives the same."""
    roles.require_site_role(request.user, Role.REQUESTER)
    template = request.POST.get("template", "") or tries.PRACTICE
    project = tries.start_sample_project(owner=request.user, template=template)
    imports.import_sample(project=project, actor=request.user)
    return redirect("project-check", project_id=project.pk)
