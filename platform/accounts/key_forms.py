"""allauth's forms for passkeys, whose one field has no translated label there."""

from allauth.mfa.webauthn import forms as allauth
from django import forms
from django.utils.translation import gettext_lazy as _

_NAME = _("Name of the key")


class AddKeyForm(allauth.AddWebAuthnForm):  # type: ignore[misc]
    name = forms.CharField(label=_NAME, required=False, max_length=80)


class EditKeyForm(allauth.EditWebAuthnForm):  # type: ignore[misc]
    name = forms.CharField(label=_NAME, max_length=80)


class SignupKeyForm(allauth.SignupWebAuthnForm):  # type: ignore[misc]
    name = forms.CharField(label=_NAME, required=False, max_length=80)
