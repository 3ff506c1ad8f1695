"""Pages about answers: my work, the review queue, an item with everything said of it, quality."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import SignedIn
from accounts.models import Role
from annotations import access, presenting, reviewing, second_look, selectors
from annotations.evidence import evidence_of
from annotations.forms import AppealForm
from annotations.models import Answer, Appeal
from annotations.services import appeals, measures
from annotations.shown import shown
from privacy.models import Finding
from privacy.services import vault
from tasks_app import access as tasks_access
from tasks_app import selectors as tasks_selectors
from tasks_app.fields.base import Field
from tasks_app.models import Flag
from tasks_app.requester_views import project_page

_MOST_BUTTONS = 11


@login_required
@require_GET
def my_work(request: SignedIn) -> HttpResponse:
    rows = selectors.my_work(request.user).order_by("-created_at")
    page = Paginator(rows, 30).get_page(request.GET.get("page"))
    lines = [selectors.work_line(row) for row in page.object_list]
    context = {
        "page": page,
        "lines": lines,
        "skills": selectors.my_skills(request.user),
        "measures": measures.in_force_for(request.user),
    }
    return render(request, "annotations/my_work.html", context)


@login_required
@require_GET
def answer_page(request: SignedIn, answer_id: UUID) -> HttpResponse:
    """What became of an answer of mine, why, and on what evidence."""
    return _answer_page(request, access.answer_for(request.user, answer_id), AppealForm())


@login_required
@require_http_methods(["GET", "POST"])
def appeal(request: SignedIn, answer_id: UUID) -> HttpResponse:
    answer = access.answer_for(request.user, answer_id)
    form = AppealForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        appeals.appeal_answer(answer=answer, text=form.cleaned_data["text"], actor=request.user)
        messages.success(request, _("Another reviewer will look at it."))
        return redirect("my-work")
    return _answer_page(request, answer, form)


def _answer_page(request: SignedIn, answer: Answer, form: AppealForm) -> HttpResponse:
    evidence, payload = evidence_of(answer), answer.item.payload
    made = Appeal.objects.filter(answer=answer).first()
    context = {
        "answer": answer,
        "form": form,
        "appeal": made,
        "evidence": evidence,
        "until": None if made else selectors.may_appeal_until(answer),
        "fields": [
            {
                "yours": _field_view(one.shape, one.yours, payload, answer.value),
                "accepted": _field_view(one.shape, one.accepted, payload, evidence.accepted)
                if one.settled
                else None,
                "difference": one.difference,
            }
            for one in evidence.fields
        ],
    }
    return render(request, "annotations/appeal.html", context, status=422 if form.errors else 200)


@login_required
@require_GET
def review_projects(request: SignedIn) -> HttpResponse:
    """The projects that have something to review, the fullest queue first."""
    mine = list(tasks_selectors.projects_of(request.user).order_by("-created_at"))
    waiting = reviewing.waiting_in_each([project.pk for project in mine])
    mine.sort(key=lambda project: -waiting[project.pk])
    rows = [{"project": project, "waiting": waiting[project.pk]} for project in mine[:50]]
    return render(request, "annotations/review_projects.html", {"rows": rows})


@login_required
@require_GET
def item_page(request: SignedIn, item_id: UUID) -> HttpResponse:
    """Every answer and consensus of one item on one page."""
    item = tasks_access.item_for(request.user, item_id, Role.REVIEWER)
    detail = reviewing.item_detail(item)
    blind = second_look.is_blind(item.pk, request.user)
    if blind:  # what was decided must not show to who may have to decide it again
        open_answers = tuple(replace(one, state="", reason="", category="") for one in detail.answers)
        detail = replace(detail, consensus=(), history=(), answers=open_answers)
    fields = tasks_selectors.current_fields(item.project)
    agreed = {row.field: row.value for row in detail.consensus}
    context = project_page(
        request,
        item.project,
        "items",
        item=item,
        blind=blind,
        turns=presenting.turns_of(item.payload),
        answers=[{"view": a, "fields": _field_views(fields, a.value, item.payload)} for a in detail.answers],
        consensus=[
            {"row": row, "field": _field_view(shape, row.value, item.payload, agreed)}
            for row in detail.consensus
            for shape in fields
            if shape.name == row.field
        ],
        history=detail.history,
        flags=Flag.objects.filter(item=item).order_by("-created_at"),
        reveals=tasks_access.may_reveal(request.user, item.project) and vault.has_originals(item.pk),
        findings=Finding.objects.filter(item=item.pk).order_by("turn", "start"),
    )
    return render(request, "annotations/item.html", context)


def _field_views(
    fields: tuple[Field, ...], value: dict[str, Any], payload: dict[str, Any]
) -> list[dict[str, Any]]:
    return [_field_view(shape, value.get(shape.name), payload, value) for shape in fields]


def _field_view(shape: Field, value: Any, payload: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    return {"shape": shape, "shown": shown(shape, value, payload, answer)}
