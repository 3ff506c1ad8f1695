"""The requester's pages about a project's money."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import SignedIn
from annotations import fair_rate, money
from common.currencies import show_money
from common.errors import DomainError
from common.ids import uuid7
from rewards import fair_rate as rates
from rewards import months, statements
from rewards.api.mine import csv_response
from rewards.forms import AmountForm, minor_of
from rewards.models import Bonus
from rewards.services import ledger, reversals
from rewards.views import statement_context
from tasks_app.access import project_for
from tasks_app.models import Project
from tasks_app.pseudonyms import pseudonym
from tasks_app.requester_views import project_page
from tasks_app.services import projects, refunds

_SHOWN_PEOPLE = 100


class BonusForm(AmountForm):
    annotator = forms.CharField(label=gettext_lazy("Annotator"), max_length=20)
    reason = forms.CharField(label=gettext_lazy("Reason, which the person is told"), max_length=200)

    field_order = ("annotator", "amount", "reason")


class FloorForm(forms.Form):
    floor = forms.DecimalField(
        label=gettext_lazy("An hour should earn at least"),
        min_value=Decimal("0.01"),
        max_digits=12,
        decimal_places=4,
        required=False,
    )


@login_required
@require_GET
def project_money(request: SignedIn, project_id: UUID) -> HttpResponse:
    project = project_for(request.user, project_id)
    start = {"currency": project.currency, "key": str(uuid7())}
    worked, counted_at = fair_rate.shown_people_of(project.pk)
    rate = rates.rate_of(project.pk, project.currency)
    held = ledger.balances(project_id=project.pk, currency=project.currency)
    context = project_page(
        request,
        project,
        "money",
        lines=money.ledger_lines(project),
        money=held,
        refundable=refunds.refundable(project, held),
        rate=rate,
        preview=money.top_up_preview(project, worked, rate),
        people=_people(project, worked[:_SHOWN_PEOPLE]),
        counted_at=counted_at,
        bonuses=_bonuses(project),
        fund_form=AmountForm(initial=start, auto_id="fund-%s"),
        withdraw_form=AmountForm(initial=start, auto_id="withdraw-%s"),
        bonus_form=BonusForm(initial=start, auto_id="bonus-%s"),
        floor_form=FloorForm(),
        month=str(statements.month_of(timezone.now(), months.zone_of(request.user.pk))),
    )
    return render(request, "rewards/project_money.html", context)


def _people(project: Project, worked: Sequence[fair_rate.Person]) -> list[dict[str, Any]]:
    return [
        {
            "annotator": pseudonym(project.pk, person.worker),
            "seconds": person.seconds,
            "answers": person.answers,
            "earned_minor": person.earned_minor + person.topped_up_minor,
            "hourly_minor": round(person.hourly_minor),
        }
        for person in worked
    ]


def _bonuses(project: Project) -> list[dict[str, Any]]:
    oldest = timezone.now() - reversals.BONUS_WITHIN
    return [
        {
            "bonus": bonus,
            "annotator": pseudonym(project.pk, bonus.worker),
            "may_reverse": bonus.created_at > oldest and not bonus.reversed_minor,
        }
        for bonus in Bonus.objects.filter(project=project.pk).order_by("-id")[:20]
    ]


def _back(project: Project) -> HttpResponse:
    return redirect("project-money", project_id=project.pk)


@login_required
@require_POST
def money_action(request: SignedIn, project_id: UUID, action: str) -> HttpResponse:
    """Each form has a hidden key, so that a double click moves money once."""
    project = project_for(request.user, project_id)
    try:
        words = _ACTIONS[action](request, project)
    except DomainError as refused:
        messages.error(request, refused.message)
    else:
        (messages.success if words else messages.error)(request, words or _("Give an amount like 25.00."))
    return _back(project)


def _fund(request: SignedIn, project: Project) -> str:
    form = AmountForm({**request.POST.dict(), "currency": project.currency})
    if not form.is_valid():
        return ""
    data = form.cleaned_data
    key = f"page:{request.user.pk}:{data['key']}"
    projects.fund_project(
        project=project, amount_minor=data["amount_minor"], actor=request.user, key=key[:100]
    )
    return _("The money is in the project's escrow.")


def _withdraw(request: SignedIn, project: Project) -> str:
    form = AmountForm({**request.POST.dict(), "currency": project.currency})
    if not form.is_valid():
        return ""
    data = form.cleaned_data
    refunds.withdraw_money(
        project=project,
        amount_minor=data["amount_minor"],
        key=f"page:{request.user.pk}:{data['key']}",
        actor=request.user.pk,
    )
    return _("The money is out of the escrow again.")


def _bonus(request: SignedIn, project: Project) -> str:
    form = BonusForm({**request.POST.dict(), "currency": project.currency})
    if not form.is_valid():
        return ""
    data = form.cleaned_data
    money.give_bonus(
        project=project,
        annotator=data["annotator"].strip(),
        amount_minor=data["amount_minor"],
        reason=data["reason"],
        key=f"page:{request.user.pk}:{data['key']}",
        actor=request.user,
    )
    return _("The bonus is in the person's wallet.")


def _floor(request: SignedIn, project: Project) -> str:
    form = FloorForm(request.POST)
    if not form.is_valid():
        return ""
    floor = form.cleaned_data["floor"]
    minor = None if floor is None else minor_of(form, floor, project.currency, "floor")
    if form.errors:
        return ""
    rates.set_floor(project_id=project.pk, currency=project.currency, floor_minor=minor)
    return _("Saved.")


def _top_up(request: SignedIn, project: Project) -> str:
    shown = request.POST.get("total_minor", "")
    if not shown.isdecimal():
        return ""
    paid = money.pay_top_up(project=project, expected_minor=int(shown), actor=request.user)
    return _("%(amount)s were paid on top.") % {"amount": show_money(paid, project.currency)}


_ACTIONS = {"fund": _fund, "withdraw": _withdraw, "bonus": _bonus, "floor": _floor, "top-up": _top_up}


@login_required
@require_POST
def reverse_bonus(request: SignedIn, project_id: UUID, bonus_id: UUID) -> HttpResponse:
    project = project_for(request.user, project_id)
    try:
        taken = money.reverse_bonus(
            project=project,
            bonus_id=bonus_id,
            reason=request.POST.get("reason", ""),
            up_to=True,
            actor=request.user,
        )
    except DomainError as refused:
        messages.error(request, refused.message)
    else:
        shown = show_money(taken, project.currency)
        messages.success(request, _("%(amount)s came back; the person is told.") % {"amount": shown})
    return _back(project)


def _statement(request: SignedIn, project: Project, month: str) -> statements.Statement:
    return statements.project_statement(
        project.pk, months.month_from(request, request.user.pk, month), project.currency
    )


@login_required
@require_http_methods(["GET"])
def project_statement(request: SignedIn, project_id: UUID, month: str) -> HttpResponse:
    project = project_for(request.user, project_id)
    context = statement_context(_statement(request, project, month), currencies=[project.currency])
    page = project_page(request, project, "money", base=f"/projects/{project.pk}/statements/")
    return render(request, "rewards/project_statement.html", {**page, **context})


@login_required
@require_GET
def project_statement_csv(request: SignedIn, project_id: UUID, month: str) -> StreamingHttpResponse:
    project = project_for(request.user, project_id)
    return csv_response(_statement(request, project, month), "project")
