from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.currencies import minor_places, to_minor
from rewards.models import Recognition
from rewards.months import zone_names


def minor_of(form: forms.BaseForm, amount: Decimal, currency: str, field: str = "amount") -> int:
    """The typed amount in minor units; an error in `form` when the currency has no such fraction."""
    try:
        return to_minor(amount, currency)
    except ValueError:
        places = minor_places(currency)
        form.add_error(
            field,
            gettext("%(currency)s has %(places)d decimals.") % {"currency": currency, "places": places},
        )
        return 0


class AmountForm(forms.Form):
    """An amount of one currency in whole units, and a key that makes a double click one payment."""

    amount = forms.DecimalField(
        label=_("Amount"),
        min_value=0,
        max_digits=18,
        decimal_places=4,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    currency = forms.RegexField(r"^[A-Z]{3}$", widget=forms.HiddenInput)
    key = forms.CharField(max_length=60, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "amount" in data and "currency" in data:
            data["amount_minor"] = minor_of(self, data["amount"], data["currency"])
        return data

    def complaint(self) -> str:
        """What is wrong, in one line."""
        return " ".join(str(problem) for problems in self.errors.values() for problem in problems)


class AddressForm(forms.Form):
    holder = forms.CharField(label=_("Account holder"), max_length=70)
    account = forms.CharField(
        label=_("IBAN or account number"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    bic = forms.CharField(label=_("BIC (outside your country)"), max_length=20, required=False)


class ListingForm(forms.Form):
    listing = forms.ChoiceField(
        label=_("On the leaderboard"),
        choices=[
            (Recognition.Listing.ALIAS, _("under a made-up name")),
            (Recognition.Listing.NICKNAME, _("under my nickname")),
            (Recognition.Listing.HIDDEN, _("not at all")),
        ],
    )
    nickname = forms.CharField(label=_("Nickname"), max_length=30, required=False)
    time_zone = forms.ChoiceField(label=_("Time zone"), help_text=_("Where your days and months begin."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].choices = [(name, name) for name in zone_names()]  # type: ignore[attr-defined]


class BatchForm(forms.Form):
    currency = forms.RegexField(r"^[A-Z]{3}$", widget=forms.HiddenInput)
    key = forms.CharField(max_length=60, widget=forms.HiddenInput)


class MarkForm(forms.Form):
    outcome = forms.ChoiceField(choices=[("paid", ""), ("failed", ""), ("returned", "")])
    reason = forms.CharField(max_length=300, required=False)


class ReversalForm(forms.Form):
    payment = forms.CharField(label=_("Payment (answer:ID, or a bonus's key)"), max_length=120)
    reason = forms.CharField(label=_("Reason, which the person is told"), max_length=200)
    up_to = forms.BooleanField(label=_("Take what the wallet still holds, if it holds less"), required=False)
