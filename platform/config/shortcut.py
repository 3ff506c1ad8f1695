"""A short way to the REST API for programs: requests with a token need no session, cookie, form or page.

The rest of `settings.MIDDLEWARE` serves browsers. A request to the API that says `Authorization: Token …`
gets the same answer without it: the host is checked, the language chosen, faults become problem documents,
and the headers of the security middleware are added (docs/decisions/0011-programs-take-a-short-way.md).
"""

from collections.abc import Callable
from functools import lru_cache
from typing import cast

from csp.middleware import CSPMiddleware
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.gzip import GZipMiddleware
from django.middleware.security import SecurityMiddleware
from django.urls import resolve
from django.utils import translation
from django.utils.cache import patch_vary_headers

from common.gate import replacements
from privacy.telling import name_replaced

GetResponse = Callable[[HttpRequest], HttpResponseBase]
_API = "/api/v1/"
# The schemes of `accounts.authentication.TokenAuthentication`, which never asks for a session after them.
_SCHEMES = ("token ", "bearer ")


class ShortcutForPrograms:
    """Stands first in MIDDLEWARE; `get_response` is the long way through all the others."""

    def __init__(self, get_response: GetResponse) -> None:
        self._long_way = get_response
        self._short_way = cast(GetResponse, convert_exception_to_response(_call_view))
        self._gzip = GZipMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not _is_program(request):
            return self._long_way(request)
        request.get_host()  # raises for a name that is not ours
        translation.activate(translation.get_language_from_request(request))
        with replacements() as kinds:
            response = self._short_way(request)
        if kinds:
            name_replaced(response, kinds)
        for name, value in _security_headers(request.is_secure()):
            response.headers.setdefault(name, value)
        patch_vary_headers(response, ("Accept-Language",))
        response.headers.setdefault("Content-Language", translation.get_language())
        if "gzip" in request.META.get("HTTP_ACCEPT_ENCODING", ""):
            response = self._gzip.process_response(request, response)
        if not response.streaming:
            response.headers["Content-Length"] = str(len(cast(HttpResponse, response).content))
        return response


def _is_program(request: HttpRequest) -> bool:
    scheme = request.META.get("HTTP_AUTHORIZATION", "")[:7].lower()
    return request.path_info.startswith(_API) and scheme.startswith(_SCHEMES)


def _call_view(request: HttpRequest) -> HttpResponseBase:
    request.resolver_match = match = resolve(request.path_info)
    response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
    if callable(render := getattr(response, "render", None)):
        response = render()
    return response


class _Probe(HttpRequest):
    """A request to ask the middleware with."""

    secure: bool

    def is_secure(self) -> bool:
        return self.secure


@lru_cache(maxsize=2)
def _security_headers(secure: bool) -> tuple[tuple[str, str], ...]:
    """What the middleware for browsers adds to an answer; the same for each, so they are asked only once."""
    request, response = _Probe(), HttpResponse()
    request.secure = secure
    del response.headers["Content-Type"]
    for middleware in (SecurityMiddleware, XFrameOptionsMiddleware, CSPMiddleware):
        middleware(lambda _request: response).process_response(request, response)
    return tuple(response.headers.items())
