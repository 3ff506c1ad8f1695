"""allauth's forms that mail something to an address which opens an account."""

from typing import Any

from allauth.account import forms as allauth

from accounts.models import User
from accounts.services import proving


class AskForPasswordForm(allauth.ResetPasswordForm):  # type: ignore[misc]
    users: list[User]

    def clean_email(self) -> str:
        address: str = super().clean_email()
        self.users = [user for user in self.users if proving.may_be_opened_by_mail(user, address)]
        return address


class AskForCodeForm(allauth.RequestLoginCodeForm):  # type: ignore[misc]
    _user: Any

    def clean_email(self) -> str:
        address: str = super().clean_email()
        if self._user is not None and not proving.may_be_opened_by_mail(self._user, address):
            self._user = None
        return address
