from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.http import SignedIn
from common.ids import uuid7
from rewards import selectors
from rewards.services import ledger


class PayoutForm(forms.Form):
    amount = forms.DecimalField(label=gettext_lazy("Amount"), min_value=0, decimal_places=2)
    currency = forms.CharField(max_length=3, widget=forms.HiddenInput)
    key = forms.CharField(max_length=60, widget=forms.HiddenInput)


@login_required
@require_GET
def earnings(request: SignedIn) -> HttpResponse:
    found = selectors.earnings(request.user.pk)
    forms_ = [
        (money, PayoutForm(initial={"currency": money.currency, "key": str(uuid7())}))
        for money in found.available
        if money.amount_minor
    ]
    page = Paginator(ledger.statement(user=request.user).order_by("-id"), 30).get_page(
        request.GET.get("page")
    )
    context = {"earnings": found, "payouts": forms_, "page": page}
    return render(request, "rewards/earnings.html", context)


@login_required
@require_POST
def request_payout(request: SignedIn) -> HttpResponse:
    """The hidden key makes a double click one payout."""
    form = PayoutForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        ledger.payout(
            user_id=request.user.pk,
            currency=data["currency"],
            amount_minor=round(data["amount"] * 100),
            key=f"page:{data['key']}",
            actor=request.user.pk,
        )
        messages.success(request, _("The payout is on its way."))
    else:
        messages.error(request, _("Give an amount of money, such as 3.50."))
    return redirect("earnings")
