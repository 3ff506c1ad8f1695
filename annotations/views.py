"""Pages about answers: my work, the review queue, an item with everything said of it, quality."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import SignedIn
from accounts.models import Role
from annotations import access, presenting, reviewing, selectors
from annotations.doubt import doubts
from annotations.forms import AppealDecisionForm, AppealForm, DecisionForm
from annotations.models import Consensus
from annotations.services import appeals, review
from annotations.shown import Shown, shown
from privacy.models import Finding
from tasks_app import access as tasks_access
from tasks_app import selectors as tasks_selectors
from tasks_app.fields.base import Field
from tasks_app.fields.payload import turn_texts
from tasks_app.fields.scale import ScaleField
from tasks_app.models import Flag
from tasks_app.requester_views import project_page

_MOST_BUTTONS = 11


@login_required
@require_GET
def my_work(request: SignedIn) -> HttpResponse:
    rows = selectors.my_work(request.user).order_by("-created_at")
    page = Paginator(rows, 30).get_page(request.GET.get("page"))
    lines = [selectors.work_line(row) for row in page.object_list]
    context = {"page": page, "lines": lines, "skills": selectors.my_skills(request.user)}
    return render(request, "annotations/my_work.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def appeal(request: SignedIn, answer_id: UUID) -> HttpResponse:
    answer = access.answer_for(request.user, answer_id)
    form = AppealForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        appeals.appeal_answer(answer=answer, text=form.cleaned_data["text"], actor=request.user)
        messages.success(request, _("Another reviewer will look at it."))
        return redirect("my-work")
    fields = tasks_selectors.schema_fields(answer.schema_version_id)
    context = {
        "answer": answer,
        "form": form,
        "fields": _field_views(fields, answer.value, answer.item.payload),
    }
    return render(request, "annotations/appeal.html", context, status=422 if form.errors else 200)


@login_required
@require_GET
def review_projects(request: SignedIn) -> HttpResponse:
    """The projects that have something to review, the fullest queue first."""
    waiting = Count("consensus", filter=Q(consensus__state=Consensus.State.REVIEW))
    rows = (
        tasks_selectors.projects_of(request.user)
        .annotate(waiting=waiting)
        .order_by("-waiting", "-created_at")
    )
    return render(request, "annotations/review_projects.html", {"projects": rows[:50]})


@login_required
@require_http_methods(["GET", "POST"])
def review_queue(request: SignedIn, project_id: UUID) -> HttpResponse:
    """One doubtful item at a time; a decision brings the next."""
    project = tasks_access.project_for(request.user, project_id, Role.REVIEWER)
    queue = reviewing.review_queue(project, request.user)
    skip = max(0, int(request.GET.get("skip", "0"))) if request.GET.get("skip", "0").isdigit() else 0
    entries = reviewing.review_entries(list(queue[skip : skip + 1]))
    context = project_page(
        request,
        project,
        "review",
        waiting=queue.count(),
        skip=skip,
        entry=_entry_view(entries[0]) if entries else None,
        appeals=reviewing.open_appeals(project)[:20],
    )
    return render(request, "annotations/review.html", context)


@login_required
@require_POST
def decide(request: SignedIn, consensus_id: UUID) -> HttpResponse:
    consensus = access.consensus_for(request.user, consensus_id)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        for problems in form.errors.values():
            messages.error(request, " ".join(str(problem) for problem in problems))
    else:
        _decide(consensus, form.cleaned_data, request)
    return redirect("project-review", project_id=consensus.project_id)


def _decide(consensus: Consensus, data: dict[str, Any], request: SignedIn) -> None:
    reason = data["reason"].strip()
    if data["action"] == "approve":
        review.approve_consensus(consensus=consensus, actor=request.user)
    elif data["action"] == "correct":
        review.correct_consensus(consensus=consensus, value=data["value"], reason=reason, actor=request.user)
    else:
        review.reject_answers(consensus=consensus, reason=reason, actor=request.user)


@login_required
@require_POST
def decide_appeal(request: SignedIn, appeal_id: UUID) -> HttpResponse:
    row = access.appeal_for(request.user, appeal_id)
    form = AppealDecisionForm(request.POST)
    if form.is_valid():
        appeals.decide_appeal(appeal=row, actor=request.user, **form.cleaned_data)
        messages.success(request, _("Decided; the annotator is told."))
    return redirect("project-review", project_id=row.answer.project_id)


def _entry_view(entry: reviewing.ReviewEntry) -> dict[str, Any]:
    """What the review page shows of one field of one item, by the field's kind."""
    row, payload = entry.consensus, entry.item.payload
    shape = next(f for f in tasks_selectors.current_fields(row.project) if f.name == row.field)
    answers = [
        {
            "view": answer,
            "json": json.dumps(answer.value, ensure_ascii=False),
            "shown": shown(shape, answer.whole.get(shape.name), payload, answer.whole),
        }
        for answer in entry.answers
    ]
    by_turn = shape.scope == "turn" and shape.type != "span"
    return {
        "row": row,
        "item": entry.item,
        "json": json.dumps(row.value, ensure_ascii=False, indent=1),
        "shape": shape,
        "answers": answers,
        "shown": Shown(presenting.words(shape, row.value))
        if shape.type == "span"  # its marks are in the dialogue
        else shown(shape, row.value, payload, entry.beside),
        "doubts": doubts(shape, row.posterior, payload),
        "marked": _marked_texts(shape, payload, entry.beside),
        "turns": _dialogue(shape, row.value, payload, entry.beside),
        "turn_rows": presenting.turn_rows(shape, [a.value for a in entry.answers], row.value, payload)
        if by_turn
        else [],
        "labels": [
            {"json": json.dumps(name), "title": presenting.title_of(shape, str(name))}
            for name in _one_of(shape)
        ],
    }


def _dialogue(shape: Field, value: Any, payload: dict[str, Any], beside: dict[str, Any]) -> list[Any]:
    """The item's turns, with the marks that the value is, or is about."""
    if shape.type == "span":
        return presenting.marked(shape, value, payload)
    if shape.refers:
        return presenting.marked(shape, beside.get(shape.refers[0]), payload)
    return presenting.turns_of(payload)


def _marked_texts(shape: Field, payload: dict[str, Any], beside: dict[str, Any]) -> list[Any]:
    """The spans that a relation's indexes count, for who corrects one by hand."""
    texts = turn_texts(payload)
    return [
        {
            "field": name,
            "texts": [texts[s["turn"]][s["start"] : s["end"]] for s in beside.get(name) or []],
        }
        for name in shape.refers
    ]


def _one_of(shape: Field) -> Sequence[str | int]:
    """What a reviewer can choose from with one key."""
    if shape.scope == "turn" or getattr(shape, "multi", False):
        return ()
    if isinstance(shape, ScaleField):
        return shape.points if len(shape.points) <= _MOST_BUTTONS else ()
    return shape.labels if shape.type == "choice" else ()


@login_required
@require_GET
def item_page(request: SignedIn, item_id: UUID) -> HttpResponse:
    """Every answer and consensus of one item on one page."""
    item = tasks_access.item_for(request.user, item_id, Role.REVIEWER)
    detail = reviewing.item_detail(item)
    fields = tasks_selectors.current_fields(item.project)
    agreed = {row.field: row.value for row in detail.consensus}
    context = project_page(
        request,
        item.project,
        "items",
        item=item,
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
        findings=Finding.objects.filter(item=item.pk).order_by("turn", "start"),
    )
    return render(request, "annotations/item.html", context)


def _field_views(
    fields: tuple[Field, ...], value: dict[str, Any], payload: dict[str, Any]
) -> list[dict[str, Any]]:
    return [_field_view(shape, value.get(shape.name), payload, value) for shape in fields]


def _field_view(shape: Field, value: Any, payload: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    return {"shape": shape, "shown": shown(shape, value, payload, answer)}
