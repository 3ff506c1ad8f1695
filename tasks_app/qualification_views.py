"""The pages of qualifications: taking a training or an exam, and making one."""

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import roles
from accounts.http import SignedIn
from accounts.models import Role
from common.errors import DomainError
from common.templatetags.show import markdown
from tasks_app import access, qualification_reads
from tasks_app.api.qualifications import own_item_json, worker_named
from tasks_app.models import Project, Qualification, QualificationAttempt, WorkerQualification
from tasks_app.qualification_forms import FromGoldForm, HolderForm, QualificationForm
from tasks_app.qualification_reads import attempt_for, own_qualification, qualification_for, standing
from tasks_app.services import attempts
from tasks_app.services import qualification as service


@login_required
@require_GET
def qualification_list(request: SignedIn) -> HttpResponse:
    rows = qualification_reads.visible_to(request.user).order_by("title")[:200]
    context = {
        "standings": [standing(row, request.user) for row in rows if row.owner_id != request.user.pk],
        "own": Qualification.objects.filter(owner=request.user).order_by("title"),
        "may_create": Role.REQUESTER in roles.site_roles(request.user),
    }
    return render(request, "tasks_app/qualifications.html", context)


@login_required
@require_GET
def take(request: SignedIn, qualification_id: UUID) -> HttpResponse:
    found = standing(qualification_for(request.user, qualification_id), request.user)
    return render(request, "tasks_app/qualification.html", {"found": found, "row": found.qualification})


@login_required
@require_POST
def start(request: SignedIn, qualification_id: UUID) -> HttpResponse:
    row = qualification_for(request.user, qualification_id)
    part = "training" if request.POST.get("part") == "training" else "exam"
    attempt = attempts.start_attempt(qualification=row, worker=request.user, part=part)
    return redirect("attempt", attempt_id=attempt.pk)


@login_required
@require_GET
@ensure_csrf_cookie
def attempt_page(request: SignedIn, attempt_id: UUID) -> HttpResponse:
    """The workbench with the questions while the attempt is open, then how it went."""
    attempt = attempts.up_to_date(attempt=attempt_for(request.user, attempt_id))
    if attempt.state != QualificationAttempt.State.OPEN:
        found = standing(attempt.qualification, request.user)
        context = {"attempt": attempt, "found": found, "row": attempt.qualification}
        return render(request, "tasks_app/qualification_result.html", context)
    config = _bench_config(attempt)
    return render(request, "tasks_app/qualification_bench.html", {"attempt": attempt, "config": config})


def _bench_config(attempt: QualificationAttempt) -> dict[str, Any]:
    row = attempt.qualification
    here = f"/qualifications/attempts/{attempt.pk}/"
    return {
        "project": {
            "id": str(attempt.pk),
            "title": row.title,
            "instructions_html": str(markdown(row.instructions)),
            "reward": {"amount_minor": 0, "currency": "USD"},
            "places": 2,
            "hourly_minor": None,
            "language": "en",
            "progress": {"done": len(attempt.answers), "total": len(attempt.items)},
        },
        "urls": {
            "api": f"/api/v1/attempts/{attempt.pk}",
            "catalogue": here,
            "signIn": "/accounts/login/",
            "result": here,
        },
        "today": {"count": len(attempt.answers), "earned": {"amount_minor": 0, "currency": "USD"}},
    }


@login_required
@require_POST
def hand_in(request: SignedIn, attempt_id: UUID) -> HttpResponse:
    attempts.hand_in(attempt=attempt_for(request.user, attempt_id))
    return redirect("attempt", attempt_id=attempt_id)


# -- the requester's -----------------------------------------------------------------------------------------


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: SignedIn, qualification_id: UUID | None = None) -> HttpResponse:
    row = own_qualification(request.user, qualification_id) if qualification_id else None
    if row is None:
        roles.require_site_role(request.user, Role.REQUESTER)
    form = QualificationForm(request.POST or None, instance=row, initial=_initial(row))
    if request.method == "POST" and form.is_valid():
        saved = _saved(row, form, request)
        if saved is not None:
            return redirect("qualification-edit", qualification_id=saved.pk)
    context = {
        "row": row,
        "form": form,
        "holders": [(one, qualification_reads.shown_name(one)) for one in _holders(row)] if row else [],
        "holder_form": HolderForm(),
        "gold_form": FromGoldForm(owner=request.user),
        "count": row.items.filter(retired_at=None).count() if row else 0,
    }
    status = 422 if form.errors else 200
    return render(request, "tasks_app/qualification_edit.html", context, status=status)


def _holders(row: Qualification) -> QuerySet[WorkerQualification]:
    return row.holders.select_related("worker").order_by("-granted_at")[:200]


def _initial(row: Qualification | None) -> dict[str, Any]:
    if row is None:
        return {"fields_json": "[]", "items_json": "[]", "earn_json": ""}
    items = [own_item_json(item) for item in row.items.filter(retired_at=None).order_by("number")]
    for item in items:
        del item["id"]
    return {
        "fields_json": json.dumps(row.fields, ensure_ascii=False, indent=1),
        "items_json": json.dumps(items, ensure_ascii=False, indent=1),
        "earn_json": json.dumps(row.earn) if row.earn else "",
    }


def _saved(row: Qualification | None, form: QualificationForm, request: SignedIn) -> Qualification | None:
    """What the rules refuse is written into the form, so that nothing typed is lost."""
    settings = form.settings()
    if row is not None and "items_json" not in form.changed_data:
        del settings["items"]  # questions copied from gold keep their origin
    try:
        if row is None:
            saved = service.define_qualification(owner=request.user, **settings)
        else:
            saved = service.change_qualification(
                qualification=Qualification.objects.get(pk=row.pk), actor=request.user, **settings
            )
    except DomainError as refused:
        for problem in refused.problems:
            form.add_error(None, f"{problem.pointer}: {problem.detail}")
        if not refused.problems:
            form.add_error(None, refused.message)
        return None
    messages.success(request, _("Saved."))
    return saved


@login_required
@require_POST
def from_gold(request: SignedIn, qualification_id: UUID) -> HttpResponse:
    row = own_qualification(request.user, qualification_id)
    form = FromGoldForm(request.POST, owner=request.user)
    if form.is_valid():
        chosen: Project = form.cleaned_data["project"]
        project = access.project_for(request.user, chosen.pk)
        added = service.add_from_gold(
            qualification=row, project=project, actor=request.user, part=form.cleaned_data["part"]
        )
        messages.success(request, _("Questions added: %(n)d") % {"n": added})
    return redirect("qualification-edit", qualification_id=row.pk)


@login_required
@require_POST
def holder(request: SignedIn, qualification_id: UUID) -> HttpResponse:
    row = own_qualification(request.user, qualification_id)
    form = HolderForm(request.POST)
    if form.is_valid():
        worker = worker_named(form.cleaned_data["worker"], row)
        change = service.revoke_qualification if "revoke" in request.POST else service.grant_qualification
        change(qualification=row, worker=worker, actor=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, _("Saved."))
    return redirect("qualification-edit", qualification_id=row.pk)
