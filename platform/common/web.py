"""Both translators of refusals: RFC 9457 problem documents for REST, a page or htmx fragment for HTML."""

import errno
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from psycopg2.errors import DiskFull as DatabaseDiskFull
from redis.exceptions import RedisError
from rest_framework import exceptions as drf
from rest_framework.response import Response

from common.errors import (
    DiskFull,
    DomainError,
    Fault,
    Forbidden,
    Invalid,
    NotFound,
    NotSignedIn,
    Problem,
    TooLarge,
    TooManyRequests,
    Unavailable,
)

logger = logging.getLogger(__name__)


def as_domain_error(error: Exception) -> DomainError | None:
    """The refusal that stands for `error`, or None when it is a fault of ours."""
    if isinstance(error, DomainError):
        return error
    if isinstance(error, (Http404, drf.NotFound)):
        return NotFound(_("There is nothing here, or it is not yours to see."))
    if isinstance(error, (PermissionDenied, drf.PermissionDenied)):
        return Forbidden(str(error) or _("Your role does not allow this."))
    if _is_full_disk(error):
        return DiskFull(_("The server's disk is full. Nothing was stored; free some space and try again."))
    if isinstance(error, (OperationalError, InterfaceError)):
        return Unavailable(_("The database is away for a moment. Nothing was changed; try again shortly."))
    if isinstance(error, RedisError):
        return Unavailable(_("The queue is away for a moment. Try again shortly."))
    return _from_drf(error) if isinstance(error, drf.APIException) else None


def _is_full_disk(error: Exception) -> bool:
    """Ours, or the one that PostgreSQL writes to."""
    if isinstance(error.__cause__, DatabaseDiskFull):
        return True
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}


def _from_drf(error: drf.APIException) -> DomainError:
    if isinstance(error, drf.ValidationError):
        return Invalid(_("Some of what was sent does not fit."), problems=tuple(_flatten(error.detail)))
    if isinstance(error, (drf.NotAuthenticated, drf.AuthenticationFailed)):
        return NotSignedIn(str(error.detail))
    if isinstance(error, drf.Throttled):
        return TooManyRequests(str(error.detail))
    refusal = DomainError(str(error.detail), code=str(error.default_code))
    refusal.status = error.status_code
    if error.status_code == 413:
        return TooLarge(str(error.detail))
    return refusal


def _flatten(detail: Any, pointer: str = "") -> Iterator[Problem]:
    if isinstance(detail, dict):
        for key, value in detail.items():
            yield from _flatten(value, pointer if key == "non_field_errors" else f"{pointer}/{key}")
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            nested = isinstance(value, (dict, list))
            yield from _flatten(value, f"{pointer}/{index}" if nested else pointer)
    else:
        yield Problem(pointer, str(getattr(detail, "code", "invalid")), str(detail))


def problem_body(error: DomainError) -> dict[str, Any]:
    """RFC 9457: type, title, status, detail, and our `errors` with JSON pointers."""
    return {
        "type": f"{settings.SITE_URL}/docs/problems#{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.message,
        "code": error.code,
        "errors": [{"pointer": p.pointer, "code": p.code, "detail": p.detail} for p in error.problems],
        **error.extra,
    }


def problem_document(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. None lets a fault of ours go on to the log as a 500."""
    refusal = as_domain_error(error)
    if refusal is None:
        return None
    headers = _headers(refusal)
    if wait := getattr(error, "wait", None):  # of DRF's Throttled, in seconds
        headers["Retry-After"] = str(int(wait) + 1)
    return Response(
        problem_body(refusal), status=refusal.status, content_type="application/problem+json", headers=headers
    )


def _headers(refusal: DomainError) -> dict[str, str]:
    if refusal.status == 401:
        return {"WWW-Authenticate": "Token"}
    return {"Retry-After": "5"} if refusal.status == 503 else {}


class DomainErrorMiddleware:
    """Shows a refusal raised in an HTML view as a page, or as a fragment to htmx."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        refusal = as_domain_error(error)
        if refusal is None:
            return None
        if refusal.status >= 500:
            logger.warning("%s %s: %s", request.method, request.path, error)
        return refusal_response(request, refusal)


def refusal_response(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    """A problem document for a path of the API, else a page, or a fragment for htmx."""
    if request.path.startswith("/api/"):
        return JsonResponse(
            problem_body(refusal),
            status=refusal.status,
            content_type="application/problem+json",
            headers=_headers(refusal),
        )
    template = "_error.html" if request.headers.get("HX-Request") else "error.html"
    context = {
        "status": refusal.status,
        "title": _(refusal.title),
        "detail": refusal.message,
        "problems": refusal.problems,
    }
    if refusal.status < 500:
        return render(request, template, context, status=refusal.status)
    # Who is looking stands in the database, which may be just what is away: this page does not ask.
    page = render_to_string(template, {**context, "request": request})
    return HttpResponse(page, status=refusal.status, headers=_headers(refusal))


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: what failed outside a view (in a middleware), or is a fault of ours."""
    error = sys.exc_info()[1]
    refusal = as_domain_error(error) if isinstance(error, Exception) else None
    fault = Fault(_("This is a fault of ours, and it was written to the log. Nothing else was changed."))
    return refusal_response(request, refusal or fault)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404: an address that leads nowhere."""
    return refusal_response(request, NotFound(_("There is nothing here, or it is not yours to see.")))
