"""A new privacy notice is read before somebody goes on; what was begun before it can still be finished.

Only opening a page is stopped, never sending one: what a form holds, and an answer that is on its way, is not
lost to a notice that came in between.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from accounts.models import User
from privacy.services import notices

# What a person needs in order to read, to refuse, to leave, or to use a right; and links to end users.
_FREE = (
    "/privacy/",
    "/accounts/",
    "/settings/",
    "/i18n/",
    "/api/",
    "/feedback/",
    "/healthz",
    "/readyz",
    "/metrics",
)


def has_to_read(user: Any) -> bool:
    """Whether a newer notice waits for this person than the one that they confirmed."""
    return isinstance(user, User) and user.notice_seen < notices.known_number()


class NoticeMiddleware:
    """Leads a person who opens a page to the new notice, and back afterwards. The API has `NoticeSeen`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        if request.method != "GET" or request.path.startswith(_FREE) or not notices.known_number():
            return None
        if not has_to_read(request.user):
            return None
        page = request.headers.get("HX-Current-URL") or request.get_full_path()
        target = f"{reverse('privacy-notice-seen')}?{urlencode({'next': page})}"
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": target})
        return HttpResponseRedirect(target)
