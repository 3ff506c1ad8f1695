from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.http import SignedIn
from common.errors import DomainError
from tasks_app.fields.payload import turn_texts
from training import access, cases_page
from training.models import FeedbackCase, FeedbackPolicy, Model
from training.services import cases

SHOWN = 100
_CHARACTERS = 240


class PolicyForm(forms.Form):
    above = forms.FloatField(
        label=gettext_lazy("Priority from which a case becomes a task"),
        required=False,
        min_value=0,
        help_text=gettext_lazy("Doubt times how often it was asked; left empty, nothing happens by itself."),
    )
    a_day = forms.IntegerField(
        label=gettext_lazy("Tasks a day at most"), min_value=1, max_value=10_000, initial=20
    )


class DecideForm(forms.Form):
    what = forms.ChoiceField(choices=[("task", ""), ("dismiss", "")])
    reason = forms.CharField(required=False, max_length=300)


@login_required
@require_GET
def inbox(request: SignedIn, name: str) -> HttpResponse:
    return _page(request, access.model_for(request.user, name))


@login_required
@require_POST
def decide(request: SignedIn, name: str) -> HttpResponse:
    """Tasks of the chosen cases, or none."""
    model = access.model_for(request.user, name)
    form = DecideForm(request.POST)
    chosen = [UUID(one) for one in request.POST.getlist("case") if _is_id(one)]
    if not form.is_valid():
        return redirect("feedback-cases", name)
    try:
        if form.cleaned_data["what"] == "task":
            cases.make_tasks(model=model, case_ids=chosen, actor=request.user)
        else:
            reason = form.cleaned_data["reason"]
            cases.dismiss_cases(model=model, case_ids=chosen, reason=reason, actor=request.user)
    except DomainError as refused:
        return _page(request, model, refused=refused.message, status=refused.status)
    return redirect("feedback-cases", name)


@login_required
@require_POST
def policy(request: SignedIn, name: str) -> HttpResponse:
    model = access.model_for(request.user, name)
    form = PolicyForm(request.POST)
    if form.is_valid():
        try:
            cases.set_policy(model=model, actor=request.user, **form.cleaned_data)
            return redirect("feedback-cases", name)
        except DomainError as refused:
            form.add_error(None, refused.message)
    return _page(request, model, form=form, status=422)


def _page(
    request: SignedIn, model: Model, *, refused: str = "", form: PolicyForm | None = None, status: int = 200
) -> HttpResponse:
    state = request.GET.get("state", FeedbackCase.State.NEW)
    rows = model.cases.select_related("learned_by", "item").order_by("-priority", "pk")
    if state != "all":
        rows = rows.filter(state=state)
    found = FeedbackPolicy.objects.filter(model=model).first()
    context = {
        "model": model,
        "current": "models",
        "cases": [_shown(row) for row in rows[:SHOWN]],
        "tabs": cases_page.tabs(model, state),
        "refused": refused,
        "form": form or PolicyForm(initial={"above": found.above, "a_day": found.a_day} if found else None),
        **cases_page.satisfaction_chart(model),
    }
    return render(request, "training/cases.html", context, status=status)


def _shown(row: FeedbackCase) -> dict[str, Any]:
    said = list(row.feedback.exclude(comment="").values_list("comment", flat=True)[:3])
    corrected = [one.correction_json for one in row.feedback.filter(correction__isnull=False)[:3]]
    return {
        "row": row,
        "text": " / ".join(turn_texts(row.payload))[:_CHARACTERS],
        "value": cases_page.value_in_words(row.value),
        "comments": said,
        "corrections": corrected,
        "state": cases_page.state_name(row.state),
        "may_decide": row.state in {FeedbackCase.State.NEW, FeedbackCase.State.DISMISSED},
        "waiting": _("being imported") if row.state == FeedbackCase.State.TASK and row.item is None else "",
    }


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
