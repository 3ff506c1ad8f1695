from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from privacy.models import SubjectRequest
from privacy.particulars import Value
from privacy.presenting import KINDS, REGIMES

Kind = SubjectRequest.Kind
ASKED = (Kind.ACCESS, Kind.ERASURE, Kind.RECTIFICATION, Kind.RESTRICT, Kind.OPT_OUT)


def _kinds() -> list[tuple[str, Any]]:
    return [(kind, KINDS[kind]) for kind in ASKED]


class KindForm(forms.Form):
    kind = forms.ChoiceField(label=_("What do you ask for?"), choices=_kinds)
    regime = forms.ChoiceField(
        label=_("Under which law?"),
        choices=list(REGIMES.items()),
        help_text=_("It decides by when you get an answer."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["regime"].initial = settings.PRIVACY_REGIMES[0]


class PersonForm(KindForm):
    """What somebody is known by in dialogues, and what is to be put right."""

    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    phone = forms.CharField(label=_("Phone number"), max_length=40, required=False)
    name = forms.CharField(label=_("Name"), max_length=100, required=False)
    customer_id = forms.CharField(label=_("Customer or booking number"), max_length=100, required=False)
    old = forms.CharField(label=_("What is wrong"), max_length=300, required=False)
    new = forms.CharField(label=_("How it should be"), max_length=300, required=False)

    def values(self) -> list[Value]:
        """All but the e-mail address."""
        data = self.cleaned_data
        return [Value(kind, data[kind]) for kind in ("phone", "name", "customer_id") if data[kind]]

    def correction(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ("old", "new") if self.cleaned_data[name]}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("kind") == Kind.RECTIFICATION and not (data.get("old") and data.get("new")):
            self.add_error("old", _("Say what is wrong and how it should be."))
        return data


class LetterForm(PersonForm):
    email = forms.EmailField(label=_("E-mail address"), max_length=254, required=False)
    contact = forms.EmailField(
        label=_("Where the answer goes"), max_length=254, required=False, help_text=_("An e-mail address.")
    )
    received_on = forms.DateField(
        label=_("Received on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    language = forms.ChoiceField(label=_("Language of the answer"), choices=settings.LANGUAGES)
    proof = forms.CharField(
        label=_("How do you know who it is?"), max_length=300, help_text=_("Kept with the request.")
    )

    def values(self) -> list[Value]:
        email = self.cleaned_data["email"]
        return [*([Value("email", email)] if email else []), *super().values()]


class EraseForm(forms.Form):
    password = forms.CharField(
        label=_("Your password"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text=_("Without it we mail you a link, and the erasure begins when you open it."),
    )
    waive_earnings = forms.BooleanField(
        label=_("I give up what I have earned and not been paid"), required=False
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)


class CertificateForm(forms.Form):
    text = forms.CharField(
        label=_("The certificate's text"),
        required=False,
        max_length=1_000_000,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )
    file = forms.FileField(label=_("Or its file"), required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("file"):
            data["text"] = data["file"].read(1_000_001).decode("utf-8", "replace")
        if not data.get("text"):
            self.add_error("text", _("Paste the certificate, or choose its file."))
        return data
