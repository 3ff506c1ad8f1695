"""Pages about personal data in a project: what was found, what was missed, and who decides on it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import roles
from accounts.http import SignedIn
from accounts.models import Role
from common.errors import DomainError
from privacy.models import MissedValue, Rescan
from tasks_app import access
from tasks_app.models import Item, Project
from tasks_app.protecting import estimating, missed, preview, rescanning, trusted
from tasks_app.protecting.kinds import kind_choices
from tasks_app.requester_views import project_page

_PAGE = 20


def _kinds() -> list[tuple[str, str]]:
    return kind_choices(get_language() or "en")


@login_required
@require_GET
def project_privacy(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = access.project_for(request.user, project_id, Role.REVIEWER)
    jobs = _measured(project)
    if request.htmx:
        return render(request, "tasks_app/_privacy_measured.html", {"project": project, **jobs})
    context = project_page(
        request,
        project,
        "privacy",
        found=preview.found_by_kind(project.pk),
        sample=estimating.latest_sample(project.pk),
        missing=estimating.missing_checks(project),
        open_reports=preview.missed_for(request.user, project=project).filter(state="open").count(),
        reader=trusted.reader_of(project),
        **jobs,
    )
    return render(request, "tasks_app/privacy.html", context)


def _measured(project: Project) -> dict[str, Any]:
    estimate = estimating.latest_estimate(project.pk)
    rescan = Rescan.objects.filter(project=project.pk).order_by("-created_at").first()
    return {
        "estimate": estimate,
        "shares": estimating.found_shares(estimate.tally) if estimate else [],
        "rescan": rescan,
        "working": any(job is not None and job.is_live for job in (estimate, rescan)),
    }


@login_required
@require_POST
def privacy_action(request: SignedIn, project_id: UUID, action: str) -> HttpResponse:
    """Measure, read again, or ask trusted reviewers; a refusal is said on the page."""
    project = access.project_for(request.user, project_id)
    try:
        if action == "estimate":
            estimating.start_estimate(project=project, actor=request.user)
        elif action == "scan":
            rescanning.start_rescan(project=project, actor=request.user)
        else:
            reader = trusted.ask_trusted(project=project, actor=request.user, size=_size(request))
            messages.success(request, _("Invite trusted reviewers, then publish this project."))
            return redirect("project", project_id=reader.pk)
    except DomainError as refused:
        messages.error(request, refused.message)
    return redirect("project-privacy", project_id=project.pk)


def _size(request: SignedIn) -> int:
    raw = request.POST.get("size", "")
    return min(int(raw), estimating.MOST) if raw.isdecimal() and int(raw) else 50


@login_required
@require_http_methods(["GET", "POST"])
def privacy_sample(request: SignedIn, project_id: UUID) -> HttpResponse:
    """One text of the sample at a time. POST draws one."""
    project = access.project_for(request.user, project_id, Role.REVIEWER)
    if request.method == "POST":
        try:
            estimating.draw_sample(project=project, actor=request.user, size=_size(request))
        except DomainError as refused:
            messages.error(request, refused.message)
            return redirect("project-privacy", project_id=project.pk)
        return redirect("privacy-sample", project_id=project.pk)
    return _sample_page(request, project)


def _sample_page(request: SignedIn, project: Project, status: int = 200, **more: Any) -> HttpResponse:
    sample = estimating.latest_sample(project.pk)
    row = estimating.next_text(sample)
    item = estimating.item_of(row) if row else None
    context = project_page(
        request,
        project,
        "privacy",
        sample=sample,
        text=row,
        turns=preview.whole_text(item) if item else [],
        gone=row is not None and item is None,
        kinds=_kinds(),
        **more,
    )
    return render(request, "tasks_app/privacy_sample.html", context, status=status)


@login_required
@require_POST
def privacy_text(request: SignedIn, text_id: int) -> HttpResponse:
    row = access.checked_text_for(request.user, text_id)
    project = Project.objects.get(pk=row.check_of.project)
    words, kind = request.POST.get("words", ""), request.POST.get("kind", "")
    if "missed" not in request.POST:
        estimating.finish_text(text_id=row.pk, actor=request.user)
        return redirect("privacy-sample", project_id=project.pk)
    try:
        estimating.mark_missed(text_id=row.pk, words=words, kind=kind, actor=request.user)
    except DomainError as refused:
        return _sample_page(request, project, 422, problem=refused.message, words=words, kind=kind)
    messages.success(request, _("Replaced here, and looked for in all other texts. Is there more?"))
    return redirect("privacy-sample", project_id=project.pk)


@login_required
@require_GET
def missed_values(request: SignedIn) -> HttpResponse:
    """Reports of missed personal data in every project that the person reviews, or in one."""
    return _missed_page(request)


def _missed_page(request: SignedIn, status: int = 200, **more: Any) -> HttpResponse:
    project = None
    if wanted := request.GET.get("project", ""):
        project = access.project_for(request.user, _id(wanted), Role.REVIEWER)
    rows = preview.missed_for(request.user, project=project)
    state = request.GET.get("state", MissedValue.State.OPEN)
    page = Paginator(rows.filter(state=state), _PAGE).get_page(request.GET.get("page"))
    items = Item.objects.select_related("project").in_bulk([row.item for row in page])
    context = {
        "page": page,
        "reports": [preview.report_view(row, items.get(row.item)) for row in page],
        "state": state,
        "states": MissedValue.State.values,
        "kinds": _kinds(),
        "of_project": project,
        "may_everywhere": Role.ADMIN in roles.site_roles(request.user),
        "current": "review",
        **more,
    }
    return render(request, "tasks_app/missed_values.html", context, status=status)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)  # nobody's, which says "there is no such project"


@login_required
@require_POST
def missed_decide(request: SignedIn, missed_id: UUID) -> HttpResponse:
    row = access.missed_value_for(request.user, missed_id)
    everywhere = "everywhere" in request.POST
    if everywhere:
        roles.require_site_role(request.user, Role.ADMIN)
    try:
        if "reject" in request.POST:
            reason = request.POST.get("reason", "")
            missed.reject_missed(missed_id=row.pk, reason=reason, actor=request.user)
        else:
            missed.confirm_missed(
                missed_id=row.pk,
                kind=request.POST.get("kind", ""),
                words=request.POST.get("words", ""),
                everywhere=everywhere,
                actor=request.user,
            )
    except DomainError as refused:
        return _missed_page(request, 422, problem=refused.message, problem_of=row.pk)
    messages.success(request, _("Decided. The item goes its way again."))
    return redirect("missed-values")
