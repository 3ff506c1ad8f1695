from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedIn
from applications import selectors as shared
from applications.customer_service import forms
from applications.customer_service.access import TEMPLATE, pair_for, service_for, unknown_for
from applications.customer_service.drafting import Draft, fields_of
from applications.customer_service.listing import page_of_pairs, thresholds_of
from applications.customer_service.models import Conversation, Exchange, Pair, Unknown
from applications.customer_service.reading import read_pairs
from applications.customer_service.services.chat import (
    ask_service,
    conversation_of,
    end_conversation,
    pairs_cited,
)
from applications.customer_service.services.indexing import waiting_of
from applications.customer_service.services.joining import count_left_out, items_left_out
from applications.customer_service.services.pairs import add_pairs, change_pair
from applications.customer_service.services.unknown import answer_unknown, follow_tasks, make_tasks
from applications.kinds import find_kind
from common.errors import DomainError
from tasks_app.models import Project
from tasks_app.requester_views import project_page
from training.models import Prediction

PAGE = 50
LONGEST_QUERY = 200


def _page(request: SignedIn, project: Project, here: str, **context: Any) -> dict[str, Any]:
    open_ = Unknown.objects.filter(project=project, state=Unknown.State.NEW, restricted=False).count()
    return project_page(request, project, "application", here=here, unknown_count=open_, **context)


@login_required
@require_http_methods(["GET", "POST"])
def chat(request: SignedIn, project_id: UUID) -> HttpResponse:
    """A conversation: what was asked so far, what was understood, and the answers with what they rest on."""
    project = service_for(request.user, project_id)
    form = forms.QuestionForm(request.POST or None)
    talk = _talk(request, project)
    if request.method == "POST" and form.is_valid():
        try:
            found = ask_service(
                project=project, text=form.cleaned_data["text"], actor=request.user,
                conversation=talk.pk if talk and talk.ended_at is None else None,
            )  # fmt: skip
            talk, form = found.exchange.conversation, forms.QuestionForm()
        except DomainError as refused:
            form.add_error(None, refused.message)
    context: dict[str, Any] = {"talk": talk, "shown": _shown(talk), "form": form, "stars": range(1, 6)}
    status = 422 if form.errors else 200
    if request.htmx:
        context["project"] = project
        return render(request, "customer_service/_talk.html", context, status=status)
    context |= {
        "about": shared.about(project, find_kind(TEMPLATE)),
        "has_pairs": Pair.objects.filter(project=project, is_on=True, stands=True).exists(),
        "pairs_href": reverse("customer-service-pairs", args=[project.pk]),
        "thresholds": thresholds_of(project),
    }
    return render(
        request, "customer_service/chat.html", _page(request, project, "chat", **context), status=status
    )


def _talk(request: SignedIn, project: Project) -> Conversation | None:
    wanted = request.POST.get("conversation") or request.GET.get("conversation")
    try:
        return conversation_of(project, request.user, UUID(wanted)) if wanted else None
    except ValueError:
        return None


def _shown(talk: Conversation | None) -> list[dict[str, Any]]:
    exchanges = list(talk.exchanges.all()) if talk else []
    return [{"row": row, "cited": pairs_cited(row), "understood": _understood(row)} for row in exchanges]


def _understood(row: Exchange) -> list[dict[str, Any]]:
    """Field, what was said of it and the prediction that takes a "wrong?"."""
    found = Prediction.objects.filter(pk__in=row.predictions.values()).select_related("version__model")
    return [
        {"field": one.version.model.field, "value": _told(one.value), "prediction": one}
        for one in sorted(found, key=lambda one: one.version.model.field)
        if one.version.model.field != "reply"
    ]


def _told(value: Any) -> str:
    if not isinstance(value, list):
        return str(value)
    return ", ".join(str(one.get("label", "")) for one in value) or "–"


@login_required
@require_POST
def end(request: SignedIn, project_id: UUID, conversation_id: UUID) -> HttpResponse:
    project = service_for(request.user, project_id)
    talk = conversation_of(project, request.user, conversation_id)
    form = forms.RatingForm(request.POST)
    rating = form.cleaned_data["rating"] if form.is_valid() else 0  # which is refused
    try:
        end_conversation(conversation=talk, rating=rating, actor=request.user)
        messages.success(request, _("Thank you. It is in the feedback."))
    except DomainError as refused:
        messages.error(request, refused.message)
    return redirect("customer-service", project.pk)


@login_required
@require_http_methods(["GET", "POST"])
def pairs(request: SignedIn, project_id: UUID) -> HttpResponse:
    """What is known; a pair is added by hand, many by a file."""
    project = service_for(request.user, project_id)
    sent = request.method == "POST"
    by_file = sent and "file" in request.FILES
    form = forms.PairForm(request.POST if sent and not by_file else None)
    file_form = forms.PairsFileForm(request.POST, request.FILES) if by_file else forms.PairsFileForm()
    current: Form = file_form if by_file else form
    if sent and current.is_valid() and _add(request, project, current, by_file=by_file):
        return redirect("customer-service-pairs", project.pk)
    query = request.GET.get("q", "").strip()[:LONGEST_QUERY]
    page = page_of_pairs(project, query=query, before=request.GET.get("before", ""), most=PAGE)
    context = _page(
        request, project, "pairs", form=form, file_form=file_form, q=query, waiting=waiting_of(project),
        page=page, older="?" + urlencode({"q": query, "before": page.before}),
        left_out=count_left_out(project), items_left_out=items_left_out(project),
    )  # fmt: skip
    return render(request, "customer_service/pairs.html", context, status=422 if current.errors else 200)


def _add(request: SignedIn, project: Project, form: Form, *, by_file: bool) -> bool:
    try:
        if by_file:
            file = form.cleaned_data["file"]
            drafts, source = read_pairs(file.read(), file.name), Pair.Source.FILE
        else:
            drafts, source = [Draft(**form.cleaned_data)], Pair.Source.HAND
        added = add_pairs(project=project, drafts=drafts, source=source, actor=request.user)
    except DomainError as refused:
        form.add_error(None, refused.message)
        return False
    messages.success(request, _("New pairs: %d.") % len(added))
    return True


@login_required
@require_http_methods(["GET", "POST"])
def pair(request: SignedIn, project_id: UUID, pair_id: UUID) -> HttpResponse:
    project = service_for(request.user, project_id)
    row = pair_for(project, pair_id)
    initial = {"question": row.question, "answer": row.answer, "is_on": row.is_on and row.stands}
    form = forms.PairChangeForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        change_pair(pair=row, actor=request.user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("customer-service-pairs", project.pk)
    context = _page(request, project, "pairs", pair=row, form=form)
    return render(request, "customer_service/pair.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def unknown(request: SignedIn, project_id: UUID) -> HttpResponse:
    """What nobody has approved an answer to, most asked first: make tasks of it, or write the answer."""
    project = service_for(request.user, project_id)
    if request.method == "POST":
        _settle(request, project)
        return redirect("customer-service-unknown", project.pk)
    follow_tasks(project)
    wanted = request.GET.get("state", "")
    state = wanted if wanted in Unknown.State.values else Unknown.State.NEW
    found = Unknown.objects.filter(project=project, state=state, restricted=False)
    rows = found.order_by("-asked", "-pk").defer("vector")
    page = Paginator(rows.select_related("pair"), PAGE).get_page(request.GET.get("page"))
    context = _page(
        request, project, "unknown", page=page, state=state, states=_states(),
        can_be_answered=any(field.type == "text" for field in fields_of(project).values()),
        previous=f"?state={state}&page={page.previous_page_number()}" if page.has_previous() else "",
        next=f"?state={state}&page={page.next_page_number()}" if page.has_next() else "",
    )  # fmt: skip
    return render(request, "customer_service/unknown.html", context)


def _states() -> list[tuple[str, str]]:
    State = Unknown.State
    return [
        (State.NEW, _("Open")), (State.MAKING, _("Being made tasks")), (State.TASK, _("Tasks")),
        (State.ANSWERED, _("Answered")),
    ]  # fmt: skip


def _settle(request: SignedIn, project: Project) -> None:
    try:
        chosen = UUID(request.POST.get("question", ""))
        row = unknown_for(project, chosen)
        if request.POST.get("do") != "task":
            answer_unknown(unknown=row, answer=request.POST.get("answer", ""), actor=request.user)
            messages.success(request, _("The answer has joined the approved ones."))
        else:
            make_tasks(project=project, unknown_ids=[row.pk], actor=request.user)
            messages.success(request, _("It becomes a task as soon as it is imported."))
    except ValueError:
        messages.error(request, _("There is no such question."))
    except DomainError as refused:
        messages.error(request, refused.message)
