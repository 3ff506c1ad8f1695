"""Signing up: the notice, the age, and what somebody agrees to, in the same transaction as the account."""

from typing import Any

from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.socialaccount.forms import SignupForm as AllauthSocialSignupForm
from django import forms
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import proving
from privacy import purposes
from privacy.services import consents, notices

RESIDENCES = {
    "gdpr": gettext_lazy("EU, United Kingdom, or elsewhere"),
    "ccpa": gettext_lazy("California"),
    "pipl": gettext_lazy("mainland China"),
}


class NoticeAndAge(forms.Form):
    """What must be on record before an account exists, however it is made. No date of birth is asked."""

    data: QueryDict

    residence = forms.ChoiceField(
        label=gettext_lazy("Where do you live?"),
        help_text=gettext_lazy("It decides which law's notice is shown to you."),
    )
    of_age = forms.BooleanField(required=False)
    notice = forms.BooleanField(required=False)
    agreed = forms.MultipleChoiceField(
        label=gettext_lazy("If you like"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Nothing depends on these. You can change each at any time under Privacy."),
    )
    # Which version was linked to: one that is published while somebody types must be read first.
    number = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(["email", "password1", "password2", "residence", "of_age", "notice", "agreed"])
        shown = notices.regimes()
        field: Any = self.fields["residence"]
        field.choices = [(one, RESIDENCES[one]) for one in shown]
        field.initial = notices.usual_regime(get_language() or "")
        if len(shown) == 1:
            field.widget = forms.HiddenInput()
        agreed: Any = self.fields["agreed"]
        agreed.choices = [(one.value, purposes.statement_of(one)) for one in purposes.OPTIONAL]
        self.fields["of_age"].label = purposes.statement_of(consents.Purpose.AGE)
        self.fields["notice"].label = purposes.statement_of(consents.Purpose.NOTICE)
        self.fields["notice"].help_text = format_html(
            '<a href="{}" target="_blank">{}</a>', reverse("privacy-notice"), _("Open the notice")
        )
        self.fields["number"].initial = notices.latest_number()

    def clean_of_age(self) -> bool:
        if not self.cleaned_data["of_age"]:
            raise forms.ValidationError(
                _("You have to be at least %(age)s years old to work here. Come back when you are.")
                % {"age": settings.MINIMUM_AGE}
            )
        return True

    def clean_notice(self) -> bool:
        if not self.cleaned_data["notice"]:
            raise forms.ValidationError(_("Read the privacy notice, and confirm it here."))
        return True

    def clean_number(self) -> int:
        latest = notices.latest_number()
        if self.cleaned_data["number"] not in (None, latest):
            self.data = self.data.copy()
            self.data["number"] = str(latest)
            self.add_error("notice", _("The privacy notice has just changed. Read it again, please."))
        return latest

    def record(self, user: User) -> None:
        data = self.cleaned_data
        consents.record_sign_up(
            user=user,
            number=data["number"],
            regime=data["residence"],
            language=get_language() or "",
            agreed=data["agreed"],
        )


class SignupForm(NoticeAndAge, AllauthSignupForm):  # type: ignore[misc]
    """By password, or by passkey."""

    def clean_email(self) -> str:
        proving.release(self.cleaned_data["email"])
        return str(super().clean_email())

    @transaction.atomic
    def save(self, request: HttpRequest) -> User:
        user: User = AllauthSignupForm.save(self, request)
        self.record(user)
        return user


class SocialSignupForm(NoticeAndAge, AllauthSocialSignupForm):  # type: ignore[misc]
    """Through a provider: it signs in, but agrees to nothing for anybody."""

    def clean_email(self) -> str:
        proving.release(self.cleaned_data["email"])
        return str(super().clean_email())

    @transaction.atomic
    def save(self, request: HttpRequest) -> User:
        user: User = AllauthSocialSignupForm.save(self, request)
        self.record(user)
        return user
