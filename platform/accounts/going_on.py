"""On to a provider's sign-in page, by a page of our own.

The Content-Security-Policy lets forms lead to this site only, and browsers hold every redirect that follows a
form to that, also those that the provider makes by itself. A page that goes on by itself is no form any more,
so the policy can stay as it is, whoever signs in whom.
"""

from collections.abc import Callable

from allauth.socialaccount.models import SocialApp
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from requests import RequestException

from common.web import page_not_found


class GoOnByPage:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        target = response.headers.get("Location", "")
        if request.method != "POST" or response.status_code != 302 or not _leaves(request, target):
            return response
        page = render(request, "accounts/going_on.html", {"target": target})
        page.headers["Cache-Control"] = "no-store"
        return page

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """One that is not set is a page that is not there; one that is away says so."""
        if isinstance(exception, SocialApp.DoesNotExist):
            return page_not_found(request, exception)
        if isinstance(exception, RequestException) and request.path.startswith("/accounts/"):
            return render(request, "socialaccount/authentication_error.html", status=502)
        return None


def _leaves(request: HttpRequest, target: str) -> bool:
    """Only from the sign-in pages, and only where a provider is set at all."""
    if not settings.SOCIALACCOUNT_PROVIDERS or not request.path.startswith("/accounts/"):
        return False
    return target.startswith(("https://", "http://")) and not url_has_allowed_host_and_scheme(
        target, {request.get_host()}
    )
