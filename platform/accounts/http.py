from typing import Any

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class SignedIn(HttpRequest):
    """A request that has passed login_required."""

    user: User
    htmx: HtmxDetails
    POST: Any
