"""The finance desk: payout batches, their lines, reversals. Administrators of the site only."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import SignedIn
from common.currencies import show_money
from common.errors import DomainError
from common.ids import uuid7
from rewards import access, selectors
from rewards.api.finance import batch_csv
from rewards.forms import BatchForm, MarkForm, ReversalForm
from rewards.models import Payout, PayoutBatch
from rewards.providers.registry import provider_named
from rewards.services import batches, reversals


@login_required
@require_http_methods(["GET", "POST"])
def finance(request: SignedIn) -> HttpResponse:
    """What waits, what is on its way, what needs a look; a POST takes a payment back."""
    access.require_finance_desk(request.user)
    form = ReversalForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _reversed(request, form):
        return redirect("finance")
    waiting = Payout.objects.filter(state=Payout.State.REQUESTED).values("currency")
    context = {
        "waiting": [
            {**row, "form": BatchForm(initial={"currency": row["currency"], "key": str(uuid7())})}
            for row in waiting.annotate(n=Count("id"), total=Sum("amount_minor")).order_by("currency")
        ],
        "page": Paginator(PayoutBatch.objects.order_by("-id"), 20).get_page(request.GET.get("page")),
        "worrying": Payout.objects.filter(state=Payout.State.UNKNOWN).count()
        + Payout.objects.filter(disputed=True).count(),
        "without_address": selectors.waiting_without_address(),
        "totals": selectors.site_totals(),
        "form": form,
    }
    return render(request, "rewards/finance.html", context, status=422 if form.errors else 200)


def _reversed(request: SignedIn, form: ReversalForm) -> bool:
    data = dict(form.cleaned_data)
    payment = data.pop("payment").strip()
    key = f"pay:{payment}" if payment.startswith("answer:") else payment
    try:
        amount = reversals.reverse_payment(key=key, actor=request.user.pk, **data)
    except DomainError as refused:
        form.add_error(None, refused.message)
        return False
    shown = show_money(amount, selectors.currency_of_transfer(key))
    messages.success(request, _("%(amount)s came back; the person is told.") % {"amount": shown})
    return True


@login_required
@require_POST
def build_batch(request: SignedIn) -> HttpResponse:
    access.require_finance_desk(request.user)
    form = BatchForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Give a currency like USD."))
        return redirect("finance")
    batch = batches.build_batch(
        currency=form.cleaned_data["currency"], key=f"page:{form.cleaned_data['key']}", actor=request.user.pk
    )
    return redirect("payout-batch", batch_id=batch.pk)


@login_required
@require_GET
def batch_page(request: SignedIn, batch_id: UUID) -> HttpResponse:
    batch = access.batch_for(request.user, batch_id)
    provider = provider_named(batch.provider)
    context = {
        "batch": batch,
        "reports": provider.reports,
        "page": Paginator(batch.payouts.order_by("id"), 50).get_page(request.GET.get("page")),
        "states": batch.payouts.values_list("state").annotate(n=Count("id")).order_by("state"),
        "crumbs": [(_("Finance"), "/finance/"), (batch.key[:8], "")],
    }
    return render(request, "rewards/batch.html", context)


@login_required
@require_GET
def batch_file(request: SignedIn, batch_id: UUID) -> HttpResponse:
    return batch_csv(access.batch_for(request.user, batch_id), request.user.pk)


@login_required
@require_POST
def batch_action(request: SignedIn, batch_id: UUID, action: str) -> HttpResponse:
    batch = access.batch_for(request.user, batch_id)
    if action == "send":
        batch = batches.send_batch(batch_id=batch.pk, actor=request.user.pk)
    elif action == "reconcile":
        batch = batches.reconcile_batch(batch_id=batch.pk)
    else:
        batches.discard_batch(batch_id=batch.pk, actor=request.user.pk)
    if batch.problem:
        messages.error(request, batch.problem)
    return redirect("payout-batch", batch_id=batch.pk)


@login_required
@require_POST
def mark(request: SignedIn, payout_id: UUID) -> HttpResponse:
    payout = access.payout_for(request.user, payout_id)
    form = MarkForm(request.POST)
    if form.is_valid():
        try:
            batches.mark_line(payout=payout, actor=request.user.pk, **form.cleaned_data)
        except DomainError as refused:
            messages.error(request, refused.message)
    return redirect("payout-batch", batch_id=payout.batch_id) if payout.batch_id else redirect("finance")


@login_required
@require_POST
def mark_all_paid(request: SignedIn, batch_id: UUID) -> HttpResponse:
    """The bank's statement shows the whole batch as done."""
    batch = access.batch_for(request.user, batch_id)
    lines = list(batch.payouts.filter(state=Payout.State.SENT))
    for payout in lines:
        batches.mark_line(payout=payout, outcome="paid", reason="", actor=request.user.pk)
    messages.success(
        request,
        ngettext("%(n)d payout is marked as paid.", "%(n)d payouts are marked as paid.", len(lines))
        % {"n": len(lines)},
    )
    return redirect("payout-batch", batch_id=batch.pk)
