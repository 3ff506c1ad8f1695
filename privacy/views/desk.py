"""The privacy desk: open requests with their deadlines, what is decided about each. For administrators."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import SignedIn
from common.errors import DomainError, NotFound
from privacy import access, holders, presenting, subject_search
from privacy.forms import LetterForm, ReasonForm
from privacy.models import Certificate, SubjectRequest
from privacy.particulars import particulars_of
from privacy.services import deciding, requests, subjects

Kind, State = SubjectRequest.Kind, SubjectRequest.State


@login_required
@require_GET
def desk(request: SignedIn) -> HttpResponse:
    access.require_privacy_desk(request.user)
    rows = SubjectRequest.objects.filter(state__in=[State.VERIFIED, State.WORKING]).order_by("due_on", "id")
    ended = SubjectRequest.objects.filter(state__in=[State.CLOSED, State.REFUSED]).order_by("-id")
    page = Paginator(ended, 20).get_page(request.GET.get("page"))
    late = rows.filter(due_on__lt=timezone.localdate()).count()
    context = {
        "open": [presenting.shown(row) for row in rows[:200]],
        "page": page,
        "ended": [presenting.shown(row) for row in page.object_list],
        "late": late,
        "waiting": rows.filter(state=State.VERIFIED).count(),
        "unproven": SubjectRequest.objects.filter(state=State.RECEIVED).count(),
        "in_force": SubjectRequest.objects.filter(
            kind=Kind.RESTRICT, state=State.CLOSED, lifted_at=None
        ).count(),
    }
    return render(request, "privacy/desk.html", context)


@login_required
@require_GET
def request_page(request: SignedIn, request_id: UUID) -> HttpResponse:
    row = access.desk_request(request.user, request_id)
    one, known = presenting.shown(row), particulars_of(row)
    context = {
        "one": one,
        "row": row,
        "known": known,
        "values": [(presenting.VALUES[value.kind], value) for value in known.values],
        "unproven": any(not value.proven for value in known.values),
        "form": ReasonForm(),
        "certificate": Certificate.objects.filter(request=row).first(),
        "crumbs": [(_("Privacy desk"), "/privacy/desk/"), (one.kind, "")],
    }
    return render(request, "privacy/desk_request.html", context)


@login_required
@require_GET
def preview(request: SignedIn, request_id: UUID) -> HttpResponse:
    """What is held, and which models have learned from it: what an erasure would take."""
    row = access.desk_request(request.user, request_id)
    subject = subject_search.subject_of(row)
    context = {
        "row": row,
        "items": len(subject.items),
        "people": [
            (match, len(subjects.items_of(match.subject))) for match in subject_search.matches_of(row)[:50]
        ],
        "held": presenting.held_about(subject),
        "models": [
            (model, presenting.ACTIONS.get(model.action, model.action))
            for model in holders.affected_models(subject)
        ],
        "obstacles": holders.obstacles(subject) if row.account and row.kind == Kind.ERASURE else [],
    }
    return render(request, "privacy/_preview.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def letter(request: SignedIn) -> HttpResponse:
    access.require_privacy_desk(request.user)
    form = LetterForm(request.POST or None, initial={"received_on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            row = requests.record_letter(
                actor=request.user, kind=data["kind"], regime=data["regime"], values=form.values(),
                proof=data["proof"], received_on=data["received_on"], contact=data["contact"],
                correction=form.correction(), language=data["language"],
            )  # fmt: skip
        except DomainError as refused:
            form.add_error(None, refused.message)
        else:
            return redirect("privacy-desk-request", request_id=row.pk)
    context = {"form": form, "crumbs": [(_("Privacy desk"), "/privacy/desk/"), (_("Record a letter"), "")]}
    return render(request, "privacy/letter.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def decide(request: SignedIn, request_id: UUID, decision: str) -> HttpResponse:
    row = access.desk_request(request.user, request_id)
    form = ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    chosen = [UUID(one) for one in request.POST.getlist("subjects")]
    try:
        deciding.decide(decision, request=row, actor=request.user, reason=reason, subjects=chosen)
    except NotFound:
        raise
    except DomainError as refused:
        messages.error(request, refused.message)
    return redirect("privacy-desk-request", request_id=row.pk)
