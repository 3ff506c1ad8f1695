from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class SignedIn(HttpRequest):
    """A request that has passed login_required."""

    user: User
    htmx: HtmxDetails
    POST: Any


def keep_language(response: HttpResponseBase, language: str) -> None:
    """Make `language` the one of this browser's further pages."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, language, max_age=365 * 24 * 3600, samesite="Lax", httponly=True
    )
