"""The page of a project's gold items, and of one that may be wrong."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import SignedIn
from accounts.models import Role
from annotations import presenting
from annotations.gold_page import gold_lines
from annotations.services import gold_truth
from common.errors import DomainError
from tasks_app import access
from tasks_app.models import Item
from tasks_app.requester_views import project_page


class TruthForm(forms.Form):
    truth = forms.JSONField(
        label=gettext_lazy("What is right (JSON)"),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "class": "mono"}),
    )
    reason = forms.CharField(label=gettext_lazy("What was wrong"), max_length=300)


@login_required
@require_GET
def project_gold(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = access.project_for(request.user, project_id, Role.REVIEWER)
    context = project_page(request, project, "gold", lines=gold_lines(project))
    return render(request, "annotations/gold.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def gold_item(request: SignedIn, item_id: UUID) -> HttpResponse:
    item = access.item_for(request.user, item_id, Role.REVIEWER)
    initial = {"truth": item.gold}
    form = TruthForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid() and _changed(item, form, request):
        return redirect("project-gold", project_id=item.project_id)
    context = project_page(
        request, item.project, "gold", item=item, form=form, turns=presenting.turns_of(item.payload)
    )
    return render(request, "annotations/gold_item.html", context, status=422 if form.errors else 200)


def _changed(item: Item, form: TruthForm, request: SignedIn) -> bool:
    data: dict[str, Any] = form.cleaned_data
    try:
        if "retire" in request.POST:
            done = gold_truth.retire_gold(item=item, reason=data["reason"], actor=request.user)
        else:
            done = gold_truth.correct_gold(
                item=item, truth=data["truth"], reason=data["reason"], actor=request.user
            )
    except DomainError as refused:
        for words in [f"{p.pointer}: {p.detail}" for p in refused.problems] or [refused.message]:
            form.add_error(None, words)
        return False
    text = _("%(answers)d answers of %(people)d people were counted anew.")
    messages.success(request, text % {"answers": done.answers, "people": done.people})
    return True
