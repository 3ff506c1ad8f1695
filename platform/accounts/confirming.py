from typing import Any

from allauth.account.views import ConfirmEmailView
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import urlencode
from django.utils.translation import gettext as _


class ConfirmAddress(ConfirmEmailView):  # type: ignore[misc]
    """The link that is mailed to an address. It counts for whoever is signed in to the account as well.

    Anybody can make an account under somebody else's address: the owner of the mailbox, who presses a button
    in a mail, would otherwise vouch for a stranger (decision 222).
    """

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.request.user.pk != self.get_object().email_address.user_id:
            messages.info(
                self.request,
                _(
                    "Sign in to this account first. If you did not make it, ask for a new password: "
                    "the account is yours then, and nobody else gets in any more."
                ),
            )
            path = urlencode({"next": self.request.path})
            return redirect(f"/accounts/login/?{path}")
        response: HttpResponse = super().post(*args, **kwargs)
        return response
