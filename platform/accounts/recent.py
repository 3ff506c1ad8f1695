"""Who they are is asked again before what a stolen session must not do."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.http import SignedIn

View = Callable[..., HttpResponse]


def has_confirmed(request: HttpRequest) -> bool:
    """Whether the password, or a second factor, was given within ACCOUNT_REAUTHENTICATION_TIMEOUT.

    True for somebody who has neither: whoever signs them in answers for that.
    """
    return bool(did_recently_reauthenticate(request))


def confirm_first(*, back: str) -> Callable[[View], View]:
    """Ask first; the form is sent again by hand, from the page `back`: what was in it is kept nowhere."""

    def decorate(view: View) -> View:
        @wraps(view)
        def asking(request: SignedIn, *args: object, **kwargs: object) -> HttpResponse:
            if has_confirmed(request):
                return view(request, *args, **kwargs)
            messages.info(request, _("Confirm that it is you, then send the form once more."))
            ways = get_adapter(request).get_reauthentication_methods(request.user)
            return redirect(f"{ways[0]['url']}?{urlencode({'next': reverse(back)})}")

        return asking

    return decorate
