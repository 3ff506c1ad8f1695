"""Roles that reach nothing without a second factor (MFA_REQUIRED_ROLES, decision 206)."""

import re
from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import roles
from accounts.models import User

# What a person needs in order to get one, to leave, or to use a right.
_FREE = ("/accounts/", "/settings/", "/i18n/", "/static/", "/healthz", "/readyz", "/metrics")
# Of privacy only what is one's own: its desk, its log and its vault are an administrator's work.
_OWN = re.compile(r"/privacy/($|(notice|consents|held|ask|erase|verify|r)/|requests/(?!.*/certificate))")
_KINDS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def _is_free(path: str) -> bool:
    return path.startswith(_FREE) or _OWN.match(path) is not None


def has_second_factor(user: User) -> bool:
    return bool(is_mfa_enabled(user, types=list(_KINDS)))


def lacks_second_factor(user: Any) -> bool:
    """Whether a role of this person needs one, and there is none yet."""
    wanted = set(settings.MFA_REQUIRED_ROLES)
    if not wanted or not isinstance(user, User):
        return False
    return bool(wanted & roles.site_roles(user)) and not has_second_factor(user)


class RequireSecondFactor:
    """Leads whoever lacks one to the page that makes it. Tokens are looked at where they are read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        if _is_free(request.path) or not lacks_second_factor(request.user):
            return None
        words = _("Your role needs a second factor. Set up an authenticator app or a passkey first.")
        if request.path.startswith("/api/"):
            problem = {"type": "about:blank", "title": words, "status": 403, "detail": words}
            return JsonResponse(problem, status=403, content_type="application/problem+json")
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": reverse("mfa_index")})
        messages.warning(request, words)
        return HttpResponseRedirect(reverse("mfa_index"))
