"""allauth's forms for codes of an authenticator app, each of which opens once only."""

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as allauth

from accounts.services.codes import spend_code


class _Once:
    user: Any

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        if not spend_code(user=self.user, code=code):
            raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(_Once, allauth.AuthenticateForm):  # type: ignore[misc]
    """After the password."""


class ConfirmCodeForm(_Once, allauth.ReauthenticateForm):  # type: ignore[misc]
    """Before what a stolen session must not do."""
