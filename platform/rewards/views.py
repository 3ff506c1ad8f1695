"""The annotator's pages about money and recognition."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import SignedIn
from accounts.recent import confirm_first
from common.errors import DomainError
from common.ids import uuid7
from rewards import access, months, sealing, selectors, statements
from rewards.api.mine import csv_response
from rewards.forms import AddressForm, AmountForm, ListingForm
from rewards.models import Payout, PayoutAddress
from rewards.services import addresses, ledger, payouts, recognition


@login_required
@require_GET
def earnings(request: SignedIn) -> HttpResponse:
    found = selectors.earnings(request.user.pk)
    rows = ledger.statement(user=request.user).order_by("-id")
    context = {
        "earnings": found,
        "asking": [
            (money, AmountForm(initial={"currency": money.currency, "key": str(uuid7())}))
            for money in found.available
            if money.amount_minor
        ],
        "page": Paginator(rows, 30).get_page(request.GET.get("page")),
        "payouts": Payout.objects.filter(user=request.user.pk).order_by("-id")[:10],
        "address": PayoutAddress.objects.filter(user=request.user.pk).first(),
        "address_form": AddressForm(),
        "may_keep_address": sealing.is_possible(),
        "month": str(statements.month_of(timezone.now(), months.zone_of(request.user.pk))),
    }
    return render(request, "rewards/earnings.html", context)


@login_required
@require_POST
def request_payout(request: SignedIn) -> HttpResponse:
    """The hidden key makes a double click one payout."""
    form = AmountForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        payouts.request_payout(
            user_id=request.user.pk,
            currency=data["currency"],
            amount_minor=data["amount_minor"],
            key=f"page:{data['key']}",
        )
        messages.success(request, _("The payout is requested."))
    else:
        messages.error(request, form.complaint())
    return redirect("earnings")


@login_required
@require_POST
def cancel_payout(request: SignedIn, payout_id: UUID) -> HttpResponse:
    payout = access.own_payout(request.user, payout_id)
    payouts.cancel_payout(payout_id=payout.pk, actor=request.user.pk)
    messages.success(request, _("The money is in your wallet again."))
    return redirect("earnings")


@login_required
@require_POST
@confirm_first(back="earnings")
def save_address(request: SignedIn) -> HttpResponse:
    form = AddressForm(request.POST)
    try:
        if form.is_valid():
            addresses.save_address(user_id=request.user.pk, **form.cleaned_data)
            messages.success(request, _("Saved. Only you can see it; payouts from now on go there."))
        else:
            messages.error(request, _("Give the account holder and the account."))
    except DomainError as refused:
        messages.error(request, refused.message)
    return redirect("earnings")


def _statement(request: SignedIn, month: str) -> statements.Statement:
    chosen = months.month_from(request, request.user.pk, month)
    currency = months.currency_from(request, selectors.wallet_currencies(request.user.pk))
    return statements.person_statement(request.user.pk, chosen, currency)


def statement_context(statement: statements.Statement, **context: Any) -> dict[str, Any]:
    """What the page of a month shows, a person's or a project's."""
    now = timezone.now()
    month = statement.month
    zone = month.zone
    return {
        "statement": statement,
        # A page shows times in UTC; a statement in the zone that its month is cut in.
        "lines": [
            replace(line, at=line.at.astimezone(zone).replace(tzinfo=None)) for line in statement.lines
        ],
        "moved": statement.closing_minor - statement.opening_minor,
        "previous": str(month.previous()),
        "next": str(month.next()) if month.end <= now else "",
        "unfinished": month.end > now,
        **context,
    }


@login_required
@require_GET
def statement(request: SignedIn, month: str) -> HttpResponse:
    context = statement_context(
        _statement(request, month),
        currencies=selectors.wallet_currencies(request.user.pk),
        crumbs=[(_("Earnings"), "/earnings/"), (month, "")],
    )
    return render(request, "rewards/statement.html", context)


@login_required
@require_GET
def statement_csv(request: SignedIn, month: str) -> StreamingHttpResponse:
    return csv_response(_statement(request, month), "earnings")


@login_required
@require_http_methods(["GET", "POST"])
def recognition_page(request: SignedIn) -> HttpResponse:
    row = recognition.recognition_of(request.user.pk)
    initial = {"listing": row.listing, "nickname": row.nickname, "time_zone": row.time_zone}
    form = ListingForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            recognition.set_listing(user_id=request.user.pk, **form.cleaned_data)
        except DomainError as refused:
            form.add_error("nickname", refused.message)
        else:
            messages.success(request, _("Saved."))
            return redirect("recognition")
    context = {"row": row, "form": form, **_figures(row), "places": recognition.leaderboard(request.user.pk)}
    return render(request, "rewards/recognition.html", context, status=422 if form.errors else 200)


def _figures(row: Any) -> dict[str, Any]:
    level, goal = recognition.level_of(row.points), recognition.points_for_next(row.points)
    start = 10 * (level - 1) ** 2
    earned = {badge.name: badge.earned_at for badge in recognition.badges_of(row.user)}
    return {
        "level": level,
        "goal": goal,
        "missing": goal - row.points,
        "share": round(100 * (row.points - start) / (goal - start)),
        "badges": [(name, earned.get(name)) for name in recognition.BADGES],
        "skills": recognition.skills_of(row.user),
    }
