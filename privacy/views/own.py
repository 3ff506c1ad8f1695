"""A person's own page: what is held about them, and what they can do about it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import SignedIn
from common.errors import DomainError
from privacy import access, holders, presenting, sharing
from privacy.forms import EraseForm
from privacy.models import Certificate, SubjectRequest
from privacy.services import deciding, requests
from privacy.views import answers

Kind = SubjectRequest.Kind
# What one click asks for; an erasure has a page of its own.
CLICKED = {Kind.ACCESS, Kind.RESTRICT, Kind.OPT_OUT}


@login_required
@require_GET
def overview(request: SignedIn) -> HttpResponse:
    rows = SubjectRequest.objects.filter(
        account=request.user.pk, channel=SubjectRequest.Channel.ACCOUNT
    ).order_by("-id")
    mine = [presenting.shown(row) for row in rows[:50]]
    context = {
        "mine": mine,
        "restriction": next((one.row for one in mine if one.row.is_in_force), None),
        "opted_out": sharing.is_opted_out(request.user.pk),
    }
    return render(request, "privacy/own.html", context)


@login_required
@require_GET
def held(request: SignedIn) -> HttpResponse:
    """Counted in a request of its own: the page does not wait for it."""
    subject = holders.Subject(account=request.user.pk)
    return render(request, "privacy/_held.html", {"held": presenting.held_about(subject)})


@login_required
@require_POST
def ask(request: SignedIn) -> HttpResponse:
    kind = request.POST.get("kind", "")
    if kind not in CLICKED:
        return redirect("privacy")
    try:
        row = requests.open_for_account(user=request.user, kind=kind)
    except DomainError as refused:
        messages.error(request, refused.message)
        return redirect("privacy")
    return redirect("privacy-request", request_id=row.pk)


@login_required
@require_http_methods(["GET", "POST"])
def erase(request: SignedIn) -> HttpResponse:
    form = EraseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row = requests.open_for_account(user=request.user, kind=Kind.ERASURE, **form.cleaned_data)
        except DomainError as refused:
            form.add_error(None, refused.message)
        else:
            return redirect("privacy-request", request_id=row.pk)
    obstacles = holders.obstacles(holders.Subject(account=request.user.pk))
    context = {
        "form": form,
        "obstacles": obstacles,
        "crumbs": [(_("Privacy"), "/privacy/"), (_("Erase"), "")],
    }
    return render(request, "privacy/erase.html", context, status=422 if form.errors else 200)


@login_required
@require_GET
def request_page(request: SignedIn, request_id: UUID) -> HttpResponse:
    row = access.own_request(request.user, request_id)
    return render(request, _template(request), request_context(row, f"/privacy/requests/{row.pk}/"))


@login_required
@require_GET
def download(request: SignedIn, request_id: UUID) -> HttpResponseBase:
    return answers.package_response(access.own_request(request.user, request_id))


@login_required
@require_POST
def lift(request: SignedIn, request_id: UUID) -> HttpResponse:
    row = access.own_request(request.user, request_id)
    deciding.lift_restriction(request=row, actor=request.user)
    messages.success(request, _("Your data is used again."))
    return redirect("privacy")


def request_context(row: SubjectRequest, base: str) -> dict[str, Any]:
    """What the page of one request shows; `base` is the address that the reader came by."""
    return {
        "one": presenting.shown(row),
        "row": row,
        "base": base,
        "package": getattr(row, "package", None),
        "certificate": Certificate.objects.filter(request=row).first(),
        "crumbs": [(_("Privacy"), "/privacy/"), (presenting.shown(row).kind, "")],
    }


def _template(request: SignedIn) -> str:
    return "privacy/_request.html" if request.htmx else "privacy/request.html"
