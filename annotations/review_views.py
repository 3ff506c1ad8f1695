"""Pages of reviewers: the queue, the blind second look, disagreements, appeals."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import SignedIn
from accounts.models import Role
from annotations import access, presenting, reviewing, second_look
from annotations.entry_view import entry_view
from annotations.evidence import evidence_of_each
from annotations.forms import AppealDecisionForm, DecisionForm, ResolveForm
from annotations.models import Appeal, Consensus, SecondReview
from annotations.services import appeals, review
from annotations.services import second_look as second_services
from common.errors import DomainError
from tasks_app import access as tasks_access
from tasks_app.models import Project
from tasks_app.requester_views import project_page


@login_required
@require_http_methods(["GET", "POST"])
def review_queue(request: SignedIn, project_id: UUID) -> HttpResponse:
    """One doubtful item at a time; a decision brings the next."""
    project = tasks_access.project_for(request.user, project_id, Role.REVIEWER)
    queue = reviewing.review_queue(project, request.user)
    skip = _skip(request)
    entries = reviewing.review_entries(list(queue[skip : skip + 1]))
    taken_again = second_look.states_of(project)
    context = _page(
        request,
        project,
        waiting=reviewing.waiting_count(queue),
        skip=skip,
        entry=entry_view(entries[0]) if entries else None,
        second_waiting=reviewing.waiting_count(second_look.waiting_for(request.user, project))
        if SecondReview.State.WAITING in taken_again
        else 0,
        differing=[_differing(row) for row in second_look.differing(project)[:20]]
        if SecondReview.State.DIFFERS in taken_again
        else [],
        appeals=_appeals(_heard_by(request, reviewing.open_appeals(project))),
    )
    return render(request, "annotations/review.html", context)


@login_required
@require_GET
def second_queue(request: SignedIn, project_id: UUID) -> HttpResponse:
    """Decisions of others to be taken again, without a trace of what was decided."""
    project = tasks_access.project_for(request.user, project_id, Role.REVIEWER)
    queue, skip = second_look.waiting_for(request.user, project), _skip(request)
    row = queue[skip : skip + 1].first()
    context = _page(
        request,
        project,
        waiting=reviewing.waiting_count(queue),
        skip=skip,
        second=row,
        entry=entry_view(second_look.blind_entry(row)) if row else None,
    )
    return render(request, "annotations/review_second.html", context)


def _page(request: SignedIn, project: Project, **context: Any) -> dict[str, Any]:
    return project_page(request, project, "review", **context)


def _skip(request: SignedIn) -> int:
    raw = request.GET.get("skip", "0")
    return min(int(raw), 10_000) if raw.isdecimal() else 0


def _differing(row: SecondReview) -> dict[str, Any]:
    entry = entry_view(second_look.blind_entry(row))
    first, second = second_look.outcome_of(row.review), second_look.second_outcome(row)
    return {
        "row": row,
        "entry": entry,
        "first": first,
        "first_words": "" if first.rejected else presenting.words(entry["shape"], first.value),
        "second": second,
        "second_words": "" if second.rejected else presenting.words(entry["shape"], second.value),
    }


def _heard_by(request: SignedIn, rows: QuerySet[Appeal]) -> list[Appeal]:
    """An appeal of one's own is for others."""
    return list(rows.exclude(answer__worker=request.user).select_related("answer__project")[:20])


def _appeals(rows: Sequence[Appeal]) -> list[dict[str, Any]]:
    found = evidence_of_each([row.answer for row in rows])
    return [{"row": row, "evidence": found[row.answer_id], "answer": row.answer} for row in rows]


@login_required
@require_POST
def decide(request: SignedIn, consensus_id: UUID) -> HttpResponse:
    consensus = access.consensus_for(request.user, consensus_id)
    if data := _decision(request):
        _decide(consensus, data, request)
    return redirect("project-review", project_id=consensus.project_id)


@login_required
@require_POST
def decide_again(request: SignedIn, second_id: UUID) -> HttpResponse:
    row = access.second_review_for(request.user, second_id)
    if data := _decision(request):
        second_services.decide_again(
            second=row,
            action=data["action"],
            value=data["value"],
            reason=data["reason"].strip(),
            category=data["code"] if data["action"] != "approve" else "",
            actor=request.user,
        )
    return redirect("project-second-review", project_id=row.project_id)


def _decision(request: SignedIn) -> dict[str, Any]:
    """What was decided; nothing, and a message, where it does not fit."""
    form = DecisionForm(request.POST)
    if form.is_valid():
        return form.cleaned_data
    for problems in form.errors.values():
        messages.error(request, " ".join(str(problem) for problem in problems))
    return {}


def _decide(consensus: Consensus, data: dict[str, Any], request: SignedIn) -> None:
    reason, actor = data["reason"].strip(), request.user
    if data["action"] == "approve":
        _say(review.approve_consensus(consensus=consensus, actor=actor), request)
    elif data["action"] == "correct":
        row = review.correct_consensus(
            consensus=consensus, value=data["value"], reason=reason, category=data["code"], actor=actor
        )
        _say(row, request)
    else:
        review.reject_answers(
            consensus=consensus,
            reason=reason,
            category=data["code"] or "other",
            passage=data["passage"],
            answer_ids=data["answers"] or None,
            actor=actor,
        )


def _say(row: Consensus, request: SignedIn) -> None:
    if row.state == Consensus.State.REVIEW:
        messages.success(request, _("Kept. It is approved once another reviewer comes to the same."))


@login_required
@require_POST
def resolve(request: SignedIn, second_id: UUID) -> HttpResponse:
    row = access.second_review_for(request.user, second_id)
    form = ResolveForm(request.POST)
    if form.is_valid():
        second_services.resolve(second=row, side=form.cleaned_data["side"], actor=request.user)
        messages.success(request, _("Settled."))
    return redirect("project-review", project_id=row.project_id)


@login_required
@require_POST
def decide_appeal(request: SignedIn, appeal_id: UUID) -> HttpResponse:
    row = access.appeal_for(request.user, appeal_id)
    form = AppealDecisionForm(request.POST)
    if form.is_valid():
        _hear(request, row, form.cleaned_data)
    return redirect("project-review", project_id=row.answer.project_id)


def _hear(request: SignedIn, row: Appeal, data: dict[str, Any]) -> None:
    """Somebody else has to hear it: said on the page, where the other appeals go on waiting."""
    try:
        appeals.decide_appeal(appeal=row, actor=request.user, **data)
    except DomainError as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("Decided; the annotator is told."))
