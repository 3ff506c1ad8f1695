"""The pages of replaced values: looking at those of one item for a reason, and who did."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import SignedIn
from privacy import vault_log
from privacy.services import vault
from tasks_app import access
from tasks_app.requester_views import project_page

PAGE = 50
LATEST = 10


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Why you need to see them"),
        min_length=vault.LEAST_REASON,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
        help_text=_("At least ten characters. It goes on record with your name; write no personal data."),
    )


@login_required
@require_http_methods(["GET", "POST"])
@never_cache
def item_originals(request: SignedIn, item_id: UUID) -> HttpResponse:
    """Originals come in the answer to the form alone: no address leads back to them."""
    item = access.item_to_reveal(request.user, item_id)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    originals = None
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        originals = vault.reveal(item_id=item.pk, actor=request.user.pk, reason=reason)
    context = project_page(
        request,
        item.project,
        "items",
        item=item,
        form=form,
        originals=originals,
        kept=vault.has_originals(item.pk),
        looks=vault_log.looks(list(vault_log.accesses(item=item.pk)[:LATEST])),
    )
    status = 422 if form.errors else 200
    return render(request, "tasks_app/originals.html", context, status=status)


@login_required
@require_GET
@never_cache
def accesses(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = access.project_to_reveal(request.user, project_id)
    page = Paginator(vault_log.accesses(project=project.pk), PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {"page": page, "looks": vault_log.looks(list(page.object_list))}
    return render(request, "tasks_app/vault_log.html", project_page(request, project, "settings", **context))
